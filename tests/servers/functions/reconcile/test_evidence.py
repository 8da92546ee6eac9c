"""What shows that a merged batch is right, and that a wrong one is found."""

from typing import Any

import pytest

from functions.reconcile import evidence
from functions.reconcile.evidence import compare_sample, measure_watermark_drift
from functions.shared.aurora.catalog import read_relation
from functions.shared.aurora.fence import read_fence
from functions.shared.aurora.session import AuroraSession
from functions.shared.contract.batch import Batch, ExportedFile
from functions.shared.contract.rules import MergeRules
from functions.shared.contract.spec import TableSpec, parse_spec
from functions.shared.ground.errors import ReconciliationFailed
from functions.shared.snowflake.objects import TableObjects
from functions.shared.snowflake.session import SnowflakeSession
from tests.support.batches import Refused, Target
from tests.support.bounds import bounds_of

VERSION = 10


@pytest.fixture(autouse=True)
def hurried(environment: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(evidence, "_SETTLE_SECONDS", 0)


class Pair:
    """A table in Aurora and its copy, made through the code's own steps."""

    def __init__(self, source: AuroraSession, target: Target, spec: TableSpec, keyed: bool = True) -> None:
        self.source, self.target, self.spec = source, target, spec
        relation = read_relation(source, spec)
        key = [relation.column(name) for name in relation.key] if keyed else []
        watermark = relation.column(spec.watermarks[0]) if spec.watermarks else None
        self.oid = relation.oid
        self.rules = MergeRules(relation.columns, key, watermark, soft_deletes=False)
        self.objects = TableObjects("AURORA", spec.source)
        self.warehouse: SnowflakeSession = target.warehouse

    def copy(self) -> None:
        """Exports and merges what there is now."""
        from psycopg2 import sql

        from functions.shared.aurora.export_query import export_query
        from functions.shared.aurora.windows import full_name
        from functions.shared.snowflake.statements import table_statements

        fence = read_fence(self.source, "t", 0, watermark=True)
        watermark = self.rules.watermark
        self.bounds = bounds_of(
            watermark.name if watermark else None,
            high=fence.moment.isoformat(),
            complete=watermark is None,
            strategy=self.spec.watermark_type,
            horizon=fence.horizon,
            oid=self.oid,
        )
        query = export_query(self.rules.columns, sql.SQL("FROM {}").format(full_name(self.spec.source)))
        exported = (tuple(row.values()) for row in self.source.rows(query))
        rows = [Refused(tuple(texts), *map(int, (refused or "").split())) for refused, *texts in exported]
        for statement in table_statements(self.objects, self.rules, replace=False):
            self.warehouse.execute(statement)
        copied = Target(self.warehouse, self.spec.source.name)
        assert copied.objects == self.objects
        batch = copied.load(rows, VERSION, columns=self.rules.columns, complete=self.bounds.complete)
        assert copied.merge(self.rules, batch) == "MERGED"

    def sample(self) -> int | None:
        batch = Batch(id="b", rows=1, bytes=1, files=[ExportedFile(name="f", version=VERSION)])
        return compare_sample(self.source, self.warehouse, self.spec, self.bounds, self.rules, self.objects, batch)

    def drift(self) -> float | None:
        return measure_watermark_drift(self.source, self.warehouse, self.spec, self.bounds, self.rules, self.objects)


@pytest.fixture
def pair(source: AuroraSession, owner: Any, target: Target) -> Any:
    """Every kind of value that must compare equal, in schema public so that the target's helper finds it."""
    owner.execute(
        f"CREATE TABLE public.{target.name} (id int PRIMARY KEY, at timestamptz NOT NULL, n numeric(10,2), f float8, "
        'j jsonb, b bytea, d date, t text, "100%s" text, a int[])'
    )
    owner.execute(
        f"INSERT INTO public.{target.name} SELECT i, now() - interval '1 hour' + i * interval '1 second', i / 3.0, "
        """CASE i WHEN 1 THEN 'NaN' WHEN 2 THEN '-Infinity' ELSE i / 3.0 END::float8, '{"b": 1, "a": [null, "x"]}', """
        r"""'\x00ff', '2026-01-01', E'it''s, "quoted"\n\\', NULL, '{1,NULL}' FROM generate_series(1, 20) i"""
    )
    spec = parse_spec({"table_name": f"public.{target.name}", "watermark_col": "at"}, "test")
    made = Pair(source, target, spec)
    made.copy()
    yield made
    owner.execute(f"DROP TABLE public.{target.name}")


def test_a_right_copy_passes_with_no_drift(pair: Pair) -> None:
    assert pair.sample() == 10
    assert pair.drift() == 0


DIFFERENT = {
    "N": "1",
    "F": "1.5",
    "J": "PARSE_JSON('{}')",
    "B": "NULL",
    "D": "NULL",
    "T": "'x'",
    "100%s": "''",
    "A": "NULL",
}


def test_a_value_that_differs_names_its_column(pair: Pair) -> None:
    pair.warehouse.execute(f'CREATE TABLE {pair.objects.final[:-1]}_RIGHT" AS SELECT * FROM {pair.objects.final}')
    for column, value in DIFFERENT.items():
        pair.warehouse.execute(f'UPDATE {pair.objects.final} SET "{column}" = {value} WHERE "ID" = 15')
        with pytest.raises(ReconciliationFailed, match=rf"lacks 0 and differs in columns \['{column.lower()}'\]"):
            pair.sample()
        pair.warehouse.execute(f"DELETE FROM {pair.objects.final}")
        pair.warehouse.execute(f'INSERT INTO {pair.objects.final} SELECT * FROM {pair.objects.final[:-1]}_RIGHT"')
    assert pair.sample() == 10


def test_a_row_that_final_lacks_is_found(pair: Pair) -> None:
    pair.warehouse.execute(f'DELETE FROM {pair.objects.final} WHERE "ID" = 20')
    with pytest.raises(ReconciliationFailed, match=r"FINAL lacks 1"):
        pair.sample()
    assert pair.drift() == 1


def test_an_empty_final_under_a_filled_table_is_found(pair: Pair) -> None:
    pair.warehouse.execute(f"DELETE FROM {pair.objects.final}")
    with pytest.raises(ReconciliationFailed, match=r"FINAL is empty"):
        pair.drift()


def test_rows_changed_since_the_fence_are_not_compared(pair: Pair, owner: Any) -> None:
    owner.execute(f"UPDATE public.{pair.spec.source.name} SET t = 'later' WHERE id = 15")
    assert pair.sample() == 10


def test_rows_that_a_later_batch_already_changed_are_not_compared(pair: Pair) -> None:
    pair.warehouse.execute(f'UPDATE {pair.objects.final} SET "T" = NULL, "_VERSION" = {VERSION + 1} WHERE "ID" = 15')
    assert pair.sample() == 9


def test_rows_in_quarantine_are_not_missed(pair: Pair, owner: Any) -> None:
    owner.execute(f"UPDATE public.{pair.spec.source.name} SET d = 'infinity' WHERE id = 20")
    pair.warehouse.execute(f"DELETE FROM {pair.objects.final}")
    pair.copy()
    assert pair.sample() == 9


def test_without_a_key_a_row_is_found_by_all_its_values(pair: Pair) -> None:
    spec = parse_spec({"table_name": str(pair.spec.source), "watermark_type": "full_snapshot"}, "test")
    pair.warehouse.execute(f"DROP TABLE {pair.objects.final}")
    whole = Pair(pair.source, pair.target, spec, keyed=False)
    whole.copy()
    assert whole.sample() == 10
    assert whole.drift() is None
    whole.warehouse.execute(f"UPDATE {whole.objects.final} SET \"T\" = 'x'")
    with pytest.raises(ReconciliationFailed, match=r"FINAL lacks 10"):
        whole.sample()


def test_what_is_seen_a_moment_later_is_no_difference(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another session's commit may not be seen at once."""
    final = pair.objects.final
    pair.warehouse.execute(f'UPDATE {final} SET "D" = NULL WHERE "ID" = 15')
    mend = f'UPDATE {final} SET "D" = \'2026-01-01\' WHERE "ID" = 15'
    monkeypatch.setattr(evidence.time, "sleep", lambda _: pair.warehouse.execute(mend))
    assert pair.sample() == 10


def test_rows_that_a_snapshot_left_unwritten_are_compared(pair: Pair) -> None:
    spec = parse_spec({"table_name": str(pair.spec.source), "watermark_type": "full_snapshot"}, "test")
    whole = Pair(pair.source, pair.target, spec)
    pair.warehouse.execute(f'UPDATE {pair.objects.final} SET "_VERSION" = {VERSION - 5}')
    whole.copy()
    assert whole.sample() == 10


def test_an_answer_that_takes_too_long_is_no_failure_and_the_limit_is_the_samples_own(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow = "SELECT COUNT(*) AS N FROM {0} a, {0} b, {0} c WHERE a.A * b.A - c.A = 0.5"
    numbers = f'"AURORA"."STAGING"."N{pair.target.name}"'
    pair.warehouse.execute(f"CREATE TABLE {numbers} (A NUMBER)")
    pair.warehouse.execute(f"INSERT INTO {numbers} SELECT ROW_NUMBER() OVER (ORDER BY NULL) FROM {_rows(3000)}")
    monkeypatch.setattr(evidence, "PATIENCE_SECONDS", 1)
    with monkeypatch.context() as patched:
        patched.setattr(evidence, "compare_statement", lambda *_: slow.format(numbers))
        assert pair.sample() is None
    pair.warehouse.execute("ALTER SESSION SET STATEMENT_TIMEOUT_IN_SECONDS = 0")
    assert pair.sample() == 10


def _rows(number: int) -> str:
    return f"TABLE(GENERATOR(ROWCOUNT => {number}))"
