"""How long changes have waited, as far as the rows themselves say it."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from functions.shared.aurora.session import AuroraSession
from functions.shared.contract.watermark import Progress, as_text
from tests.support.sources import Source

HOUR = timedelta(hours=1)


def final_at(age: timedelta, zone: Any = UTC) -> Progress:
    return Progress(low=as_text(datetime.now(UTC).replace(tzinfo=zone) - age), version=1)


@pytest.mark.parametrize("kind", ["timestamptz", "timestamp", "timestamp(0)"])
def test_the_oldest_row_that_final_lacks_counts(source: AuroraSession, owner: Any, schema: str, kind: str) -> None:
    owner.execute(f"CREATE TABLE {schema}.t (id int PRIMARY KEY, at {kind} NOT NULL)")
    owner.execute("SET TimeZone = 'UTC'")
    owner.execute(f"INSERT INTO {schema}.t SELECT n, now() - n * interval '1 hour' FROM generate_series(1, 9) AS n")
    events = Source(source, {"table_name": f"{schema}.t", "watermark_col": "at", "watermark_timezone": "UTC"})
    zone = UTC if kind == "timestamptz" else None
    bounds = events.resolve(final_at(3.5 * HOUR, zone))
    assert bounds.waited == pytest.approx(3 * 3600, abs=5)
    assert events.resolve(final_at(timedelta(0), zone)).waited is None, "nothing waits"


@pytest.fixture
def events(source: AuroraSession, owner: Any, schema: str) -> Source:
    owner.execute(f"CREATE TABLE {schema}.t (id int PRIMARY KEY, at timestamptz NOT NULL)")
    owner.execute(f"INSERT INTO {schema}.t VALUES (1, now() - interval '1 year')")
    return Source(source, {"table_name": f"{schema}.t", "watermark_col": "at"})


def test_a_first_load_and_a_reload_say_nothing_for_final_may_have_lacked_nothing(events: Source) -> None:
    assert events.resolve(Progress(exists=False)).waited is None
    assert events.resolve(final_at(2 * 365 * 24 * HOUR), full_refresh=True).waited is None


def test_a_row_without_a_beginning_has_no_age(events: Source, owner: Any) -> None:
    owner.execute(f"UPDATE {events.raw['table_name']} SET at = '-infinity'")
    bounds = events.resolve(Progress(version=1))
    assert (bounds.status, bounds.waited) == ("NEW", None)


def test_a_date_is_no_moment(source: AuroraSession, owner: Any, schema: str) -> None:
    owner.execute(f"CREATE TABLE {schema}.t (id int PRIMARY KEY, at date NOT NULL)")
    owner.execute(f"INSERT INTO {schema}.t VALUES (1, now() - interval '3 days')")
    bounds = Source(source, {"table_name": f"{schema}.t", "watermark_col": "at"}).resolve(
        Progress(low="2020-01-01", version=1)
    )
    assert (bounds.status, bounds.waited) == ("NEW", None)


def test_what_committed_before_the_fence_is_what_the_run_reads(events: Source) -> None:
    fence = events.fence()
    bounds = events.resolve(Progress(exists=False), fence)
    assert bounds.fenced_at == int(fence.moment.timestamp() * 1000)


def test_a_ceiling_is_as_old_as_its_own_reading_and_of_an_earlier_run_nobody_knows(
    source: AuroraSession, owner: Any, schema: str, session: Any
) -> None:
    owner.execute(f"CREATE TABLE {schema}.t (id int PRIMARY KEY)")
    owner.execute(f"INSERT INTO {schema}.t VALUES (1), (2)")
    numbers = Source(source, {"table_name": f"{schema}.t", "watermark_type": "integer", "watermark_col": "id"})
    settling = numbers.resolve(Progress(), settled=False)
    own = settling.reading
    assert own is not None
    read_at = datetime.fromisoformat(own.read_at)
    while (fence := numbers.fence()).moment <= read_at:
        pass
    assert numbers.resolve(Progress(), fence, own).fenced_at == int(read_at.timestamp() * 1000)
    numbers.readings.stored.append((own.ceiling, own.read_at))
    owner.execute(f"INSERT INTO {schema}.t VALUES (3)")
    session.execute(f"INSERT INTO {schema}.t VALUES (4)")
    later = numbers.resolve(Progress(), settled=False).reading
    earlier = numbers.resolve(Progress(), reading=later)
    assert (earlier.status, earlier.high, earlier.fenced_at) == ("NEW", "3", None)
    session.connection.rollback()
