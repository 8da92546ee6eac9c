"""Time, waves and the functions' memory by a table's size: `python -m bench.big_table 100000 10000000`."""

import argparse
import json
import time
from pathlib import Path

import psycopg2
from rich.console import Console
from rich.table import Table

from local import endpoints
from local.cloud import lifecycle as cloud
from local.endpoints import Endpoints
from operate.compare import compare
from operate.runs import Workflow

_FUNCTIONS = ("export", "merge")
_HOME = Path(".local") / "bench"
_FILL = """
CREATE TABLE big_{rows} (
    id bigint PRIMARY KEY, customer integer, amount numeric(12, 2), note text, updated_at timestamptz NOT NULL);
INSERT INTO big_{rows}
SELECT n, n % 1000, n / 100.0, md5(n::text), now() - interval '30 days' + make_interval(secs => n * 2.5e6 / {rows})
FROM generate_series(1, {rows}) AS n;
CREATE INDEX ON big_{rows} (updated_at);
"""


def _peak_megabytes(home: Path, function: str) -> float:
    """The highest resident memory of any process that ran the function (VmHWM of proc(5))."""
    peaks = [0]
    for status in Path("/proc").glob("[0-9]*/status"):
        try:
            command = status.with_name("cmdline").read_text()
            if str(home.resolve()) in command and f"aurora-snowflake-sync-{function}-" in command:
                peaks += [int(line.split()[1]) for line in status.read_text().splitlines() if line.startswith("VmHWM")]
        except FileNotFoundError:  # the process has ended meanwhile
            continue
    return max(peaks) / 1024


def _measure(known: Endpoints, home: Path, rows: int) -> list[str]:
    with psycopg2.connect(known["postgres"]["dsn"]) as connection, connection.cursor() as cursor:
        cursor.execute(_FILL.format(rows=rows))
    connection.close()
    name = f"public.big_{rows}"
    value = json.dumps([{"table_name": name, "watermark_col": "updated_at"}])
    ssm = endpoints.aws_of(known).client("ssm")
    ssm.put_parameter(Name=f"{known['parameter_prefix']}/tables", Value=value, Type="String", Overwrite=True)
    workflow = Workflow(endpoints.aws_of(known).client("stepfunctions"), known["state_machine_arn"])
    began = time.monotonic()
    (result,) = workflow.follow(workflow.start()).tables
    seconds = time.monotonic() - began
    if result["status"] != "LOADED" or result["merged"] != rows:
        raise RuntimeError(f"{name}: {result}")
    peaks = [f"{_peak_megabytes(home, function):.1f}" for function in _FUNCTIONS]
    return [f"{rows:,}", f"{seconds:.1f}", f"{rows / seconds:,.0f}", str(result["waves"]), *peaks]


def main() -> None:
    """Measures each size on a new laptop cloud, smallest first."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("rows", type=int, nargs="+")
    parser.add_argument("--compare", action="store_true", help="also compare every row of both sides (needs memory)")
    arguments = parser.parse_args()
    table = Table("Rows", "Seconds", "Rows/s", "Waves", *(f"Peak MB of {name}" for name in _FUNCTIONS), box=None)
    console = Console(width=120)
    for rows in sorted(arguments.rows):
        cloud.down(_HOME)
        try:
            known = cloud.up(_HOME, lambda _: None)
            table.add_row(*_measure(known, _HOME, rows))
            if arguments.compare:
                final = f"AURORA.FINAL.PUBLIC__BIG_{rows}"
                found = compare(known["postgres"]["dsn"], known["snowflake"], "public", f"big_{rows}", final)
                console.print(f"{rows:,} rows: {found}")
        finally:
            cloud.down(_HOME)
    console.print(table)


if __name__ == "__main__":
    main()
