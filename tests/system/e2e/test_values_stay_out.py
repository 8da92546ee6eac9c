"""No value of a row shows in a log at its usual level, nor in what a failed table tells by queue and mail."""

import json
import time
from uuid import uuid4

from tests.support.functions import settings
from tests.support.laptop import Laptop
from tests.support.packages import edited
from tests.system.e2e.test_secrets import logged, told


def errors_of(laptop: Laptop, execution: str) -> str:
    """Every error and cause in the histories of the execution and of its tables."""
    events = json.loads(told(laptop, execution))
    details = [detail for event in events for name, detail in event.items() if name.endswith("EventDetails")]
    return json.dumps([[detail.get("error"), detail.get("cause")] for detail in details])


def test_rows_values_keys_and_bounds_stay_out_of_logs_and_errors(laptop: Laptop) -> None:
    """By composite and by snapshot, cut at keys; then each fails: a refused value, a watermark that is NULL."""
    began, canary, schema = time.time(), f"canary{uuid4().hex[:12]}", laptop.new_schema()
    moved, whole = f"{schema}.moved", f"{schema}.whole"
    for table in (moved, whole):
        laptop.sql(
            f"CREATE TABLE {table} (at timestamptz NOT NULL DEFAULT now(), id text, body text, until date, "
            "PRIMARY KEY (id))"
        )
        laptop.sql(
            f"INSERT INTO {table} SELECT now(), '{canary}' || lpad(n::text, 6, '0'), '{canary}' || repeat('x', 2000), "
            "'2024-01-01' FROM generate_series(1, 2000) AS n"
        )
        laptop.sql(f"ANALYZE {table}")
    specs = [
        {"table_name": moved, "watermark_type": "composite", "watermark_cols": ["at", "id"]},
        {"table_name": whole, "watermark_type": "full_snapshot", "on_unrepresentable": "fail"},
    ]
    laptop.configure(specs)
    with settings(laptop, "watermark", {"SLICE_MEGABYTES": "1"}):
        good = laptop.run()
        assert [one["status"] for one in good.tables] == ["LOADED"] * 2
        assert canary in told(laptop, good.execution_arn), "no slice was cut at a key: then this shows nothing"
        laptop.sql(f"UPDATE {whole} SET until = 'infinity' WHERE id LIKE '%7'")
        laptop.sql(f"ALTER TABLE {moved} ALTER at DROP NOT NULL")
        laptop.sql(f"UPDATE {moved} SET at = NULL WHERE id LIKE '%7'")
        bad = laptop.run()
    assert [one["status"] for one in bad.tables] == ["FAILED"] * 2, bad.tables

    lines = logged(laptop, began)
    assert moved in lines
    assert whole in lines
    assert canary not in lines
    letters = json.dumps(laptop.letters())
    assert moved in letters
    for text in (letters, errors_of(laptop, good.execution_arn), errors_of(laptop, bad.execution_arn)):
        assert canary not in text


def _with_slices(handler: str) -> str:
    counted = "len(bounds.slices)"
    assert counted in handler
    return handler.replace(counted, "str(bounds.slices)")


def test_a_bound_that_a_function_logged_would_be_found(laptop: Laptop) -> None:
    began, canary, schema = time.time(), f"canary{uuid4().hex[:12]}", laptop.new_schema()
    laptop.sql(f"CREATE TABLE {schema}.t (at timestamptz NOT NULL DEFAULT now(), id text PRIMARY KEY)")
    laptop.sql(f"INSERT INTO {schema}.t SELECT now(), '{canary}' || n FROM generate_series(1, 2000) AS n")
    laptop.sql(f"ANALYZE {schema}.t")
    laptop.configure([{"table_name": f"{schema}.t", "watermark_type": "full_snapshot"}])
    tells = {"functions/watermark/handler.py": _with_slices}
    with edited(laptop, "watermark", tells), settings(laptop, "watermark", {"SLICE_MEGABYTES": "0.01"}):
        laptop.run()
    assert canary in logged(laptop, began)
