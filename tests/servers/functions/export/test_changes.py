"""A table that changes while it is exported: what the schema step saw is still so, or nothing is exported."""

import threading
from collections.abc import Iterator
from typing import Any
from unittest.mock import Mock

import psycopg2
import pytest

from functions.export import handler as module
from functions.export.handler import handler
from functions.shared.aurora.session import AuroraSession
from functions.shared.ground.errors import SchemaMismatch
from local.aurora.server import Aurora as Server
from tests.servers.functions.export.test_handler import event
from tests.support.bucket import Bucket

CHANGES = [
    "ALTER TABLE {t} ALTER COLUMN note TYPE varchar(5000)",
    "ALTER TABLE {t} ALTER COLUMN id TYPE bigint",
    "ALTER TABLE {t} RENAME COLUMN note TO remark",
    "ALTER TABLE {t} DROP COLUMN note",
    "ALTER TABLE {t} DROP COLUMN note; ALTER TABLE {t} ADD COLUMN note date",
    "DROP TABLE {t}; CREATE TABLE {t} (id int, note text)",
    "ALTER TABLE {t} RENAME TO former; CREATE TABLE {t} (id int PRIMARY KEY, note text)",
]
REWRITE = "ALTER TABLE {t} ALTER COLUMN id TYPE int USING id + 0"


@pytest.fixture
def table(owner: Any, schema: str) -> str:
    owner.execute(f"CREATE TABLE {schema}.t (id int PRIMARY KEY, note text)")
    owner.execute(f"INSERT INTO {schema}.t SELECT n, 'x' FROM generate_series(1, 50) AS n")
    return f"{schema}.t"


@pytest.mark.parametrize("change", CHANGES)
def test_columns_changed_since_the_schema_step_stop_the_export(
    source: AuroraSession, owner: Any, table: str, bucket: Bucket, context: Mock, change: str
) -> None:
    asked = event(source, table, {})
    owner.execute(change.format(t=table))
    before = set(bucket.objects)
    with pytest.raises(SchemaMismatch, match=rf"^{table}: columns \['.*'\] changed .*re-run the table"):
        handler(asked, context)
    assert set(bucket.objects) == before


@pytest.mark.parametrize(
    "change",
    [
        "ALTER TABLE {t} ADD COLUMN new date DEFAULT 'infinity'",
        "ALTER TABLE {t} ALTER COLUMN note SET NOT NULL",
        REWRITE,
    ],
)
def test_a_change_that_leaves_the_columns_to_be_exported_does_not(
    source: AuroraSession, owner: Any, table: str, context: Mock, change: str
) -> None:
    asked = event(source, table, {})
    owner.execute(change.format(t=table))
    assert handler(asked, context)["rows"] == 50


def test_a_dropped_column_that_is_exported_as_nothing_is_not_missed(
    source: AuroraSession, owner: Any, table: str, bucket: Bucket, context: Mock
) -> None:
    asked = event(source, table, {})
    asked["schema"]["columns"][1]["dropped"] = True
    owner.execute(f"ALTER TABLE {table} DROP COLUMN note")
    part = handler(asked, context)
    assert bucket.objects[part["files"][0]["name"]].decode().splitlines()[0] == ",1,"


@pytest.fixture
def rewritten(server: Server, table: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Somebody rewrites the table just after its columns were compared; what came of it."""
    outcomes: list[str] = []
    connection = psycopg2.connect(server.dsn())
    connection.autocommit = True
    original = module._refuse_other_columns

    def compared(*given: Any) -> None:
        original(*given)
        with connection.cursor() as cursor:
            cursor.execute("SET lock_timeout = '200ms'")
            try:
                cursor.execute(REWRITE.format(t=table))
                outcomes.append("rewritten")
            except psycopg2.errors.LockNotAvailable:
                outcomes.append("locked out")

    monkeypatch.setattr(module, "_refuse_other_columns", compared)
    yield outcomes
    connection.close()


def test_nobody_can_rewrite_the_table_while_it_is_exported(
    source: AuroraSession, table: str, context: Mock, rewritten: list[str]
) -> None:
    assert handler(event(source, table, {}), context)["rows"] == 50
    assert rewritten == ["locked out"]


def test_without_the_lock_a_rewritten_table_would_look_empty(
    source: AuroraSession, table: str, context: Mock, rewritten: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(AuroraSession, "execute", lambda *_: None)
    assert handler(event(source, table, {}), context)["rows"] == 0
    assert rewritten == ["rewritten"]


def while_it_waits(source: AuroraSession, session: Any, table: str, context: Mock) -> dict[str, Any]:
    """The export waits for a session that rewrites the table, which then commits."""
    asked = event(source, table, {})
    session.execute(REWRITE.format(t=table))
    found: dict[str, Any] = {}
    thread = threading.Thread(target=lambda: found.update(handler(asked, context)))
    thread.start()
    waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = %s::regclass"
    for _ in range(500):
        session.execute(waiting, (table,))
        if session.fetchone() == (1,):
            break
        thread.join(0.01)
    session.connection.commit()
    thread.join()
    return found


def test_a_table_rewritten_while_the_export_waited_is_read_whole(
    source: AuroraSession, session: Any, table: str, context: Mock
) -> None:
    assert while_it_waits(source, session, table, context)["rows"] == 50


def test_with_a_snapshot_from_before_the_lock_it_would_look_empty(
    source: AuroraSession, session: Any, table: str, context: Mock, monkeypatch: pytest.MonkeyPatch
) -> None:
    lock = AuroraSession.execute

    def late(self: AuroraSession, statement: Any) -> None:
        self.rows("SELECT 1 AS snapshot")
        lock(self, statement)

    monkeypatch.setattr(AuroraSession, "execute", late)
    assert while_it_waits(source, session, table, context)["rows"] == 0
