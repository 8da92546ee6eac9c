"""The page of costs: the counts, and the dollars a month that follow."""

from collections.abc import Iterator
from dataclasses import dataclass

from bench.cost import prices
from bench.cost.counts import Counts

TABLES = (10, 100, 1_000)
_TOP = """# What it costs

Counted by `make cost` from real executions on the laptop cloud, times the list prices of us-east-1 in
 [prices.py](../bench/cost/prices.py). Lambda's milliseconds are those of the machine that ran it, where
Snowflake and Aurora answer from next door: in an account each query waits for the network besides.

An **idle** table had no change since its last run; a **busy** one had {changed} of its {rows} rows updated. What an
execution uses is a part of its own and a part per table, from runs with {few} and with {many} tables.
"""
_BESIDES = """
`network=new` adds one NAT gateway of {nat:.2f}; an interface endpoint is 7.30 in each zone. Gigabytes cost besides:
0.045 through the NAT gateway (Aurora's files go to S3 without it), 0.50 of logs, 0.023 of files in S3 until they
expire, and {notified} credits through Snowpipe.
"""
_ASSUMED = """\
- A credit costs {credit:.2f}. An XS warehouse works {seconds:.0f} s for each of the {busy:.0f} statements of a busy
  table that need one, for {at_once} tables at once, and suspends {suspends:.0f} s after the last. QUERY_HISTORY knows
  better.
- The {idle:.0f} queries of an idle table need no warehouse: FINAL's maxima are metadata, and the ledger's last line is
  a cached result as long as no table was merged since. Where it has to start the warehouse, that is a minute, 0.05
  dollars.
- Aurora's own load is not counted: what each strategy reads there is in [strategies.md](strategies.md)."""


@dataclass(frozen=True)
class Measured:
    """The usage of an execution, of an idle and of a busy table; `stack` counts resources by type."""

    own: Counts
    idle: Counts
    busy: Counts
    stack: dict[str, int]


def page(measured: Measured, **runs: int) -> str:
    """The page; `runs` are the numbers of tables and rows for its first lines."""
    parts = [
        _TOP.format(**runs),
        *_counted(measured),
        *_monthly(measured),
        *_standing(measured.stack),
        *_notes(measured),
    ]
    return "\n".join(parts) + "\n"


def _counted(measured: Measured) -> Iterator[str]:
    sides = (measured.own, measured.idle, measured.busy)
    yield "## Counted per execution\n"
    yield "| | the execution | + an idle table | + a busy table |\n| --- | ---: | ---: | ---: |"
    for label, name, digits in (
        ("state transitions", "transitions", 1), ("Lambda invocations", "invocations", 1),
        ("Lambda GB-seconds", "gigabyte_seconds", 3), ("files in S3", "files", 1), ("CloudWatch metrics", "metrics", 1),
    ):  # fmt: skip
        yield f"| {label} | " + " | ".join(f"{max(0.0, getattr(one, name)):.{digits}f}" for one in sides) + " |"
    labels = {
        "milliseconds": "Lambda ms of `{}`",
        "statements": "Snowflake `{}`",
        "on_warehouse": "Snowflake `{}` that needs a warehouse",
    }
    for group, label in labels.items():
        for key in sorted({key for one in sides for key in getattr(one, group)}):
            numbers = [getattr(one, group).get(key, 0) for one in sides]
            if any(round(number, 1) for number in numbers):
                yield f"| {label.format(key)} | " + " | ".join(f"{max(number, 0):,.1f}" for number in numbers) + " |"
    yield ""


def _monthly(measured: Measured) -> Iterator[str]:
    yield "## US dollars a month, every table synced hourly\n"
    yield "| tables | of them busy | transitions | Lambda | metrics | S3 | Snowflake | together |"
    yield "| ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |"
    for tables in TABLES:
        for share in (0, 10, 100):
            busy = tables * share // 100
            costs = _month(measured, tables - busy, busy)
            yield f"| {tables:,} | {busy:,} | " + " | ".join(f"{cost:,.2f}" for cost in (*costs, sum(costs))) + " |"
    yield ""


def _month(measured: Measured, idle: int, busy: int) -> tuple[float, float, float, float, float]:
    def each(name: str) -> float:
        own, one, other = (getattr(side, name) for side in (measured.own, measured.idle, measured.busy))
        return max(0.0, float(own + idle * one + busy * other))

    compute = each("gigabyte_seconds") * prices.GIGABYTE_SECOND + each("invocations") * prices.INVOCATION
    metrics = each("metrics")
    first = min(metrics, prices.FIRST_METRICS)
    return (
        each("transitions") * prices.TRANSITION * prices.HOURS,
        compute * prices.HOURS,
        first * prices.METRIC + (metrics - first) * prices.FURTHER_METRIC,
        each("files") * prices.PUT * prices.HOURS,
        _warehouse_seconds(measured.busy, busy) * prices.WAREHOUSE_CREDITS * prices.CREDIT * prices.HOURS,
    )


def _warehouse_seconds(busy: Counts, tables: int) -> float:
    """Of one execution: the warehouse works for the tables' statements, some at once, and then waits to suspend."""
    if not tables:
        return 0
    assumed = prices.Assumed()
    work = tables * warehouse_statements(busy) * assumed.statement_seconds / min(assumed.at_once, tables)
    return min(3_600, work + assumed.suspends_after)


def warehouse_statements(counts: Counts) -> float:
    """Statements that a warehouse has to run."""
    return sum(counts.on_warehouse.values())


def _standing(stack: dict[str, int]) -> Iterator[str]:
    yield "## US dollars a month that no run changes\n"
    yield "| what | number | dollars |\n| --- | ---: | ---: |"
    for kind, price in prices.STANDING.items():
        if number := stack.get(kind, 0):
            yield f"| {kind} | {number} | {number * price:.2f} |"
    yield _BESIDES.format(nat=prices.NAT_GATEWAY, notified=prices.NOTIFIED_GIGABYTE)


def _notes(measured: Measured) -> Iterator[str]:
    assumed = prices.Assumed()
    yield "## What is assumed\n"
    yield _ASSUMED.format(
        credit=prices.CREDIT,
        seconds=assumed.statement_seconds,
        busy=warehouse_statements(measured.busy),
        at_once=assumed.at_once,
        suspends=assumed.suspends_after,
        idle=warehouse_statements(measured.idle),
    )
