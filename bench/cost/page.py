"""The page of costs: the counts, the dollars a month that follow, and what was assumed."""

from collections.abc import Iterator

from bench.cost import assumed, prices
from bench.cost.estimate import Estimate, Measured

TABLES = (10, 100, 1_000)
_TOP = """# What it costs

Counted by `make cost` from real executions on the laptop cloud, times the list prices of us-east-1 in
[prices.py](../bench/cost/prices.py). What a laptop cannot measure is [assumed](#what-is-assumed), and a cost that
depends on it is given from its lowest to its highest. Lambda's milliseconds are those of the machine that ran it, where
Snowflake and Aurora answer from next door: in an account each query waits for the network besides.

An **idle** table had no change since its last run; a **busy** one had {changed} of its {rows} rows updated. What an
execution uses is a part of its own and a part per table, from runs with {few} and with {many} tables.
"""
_SNOWFLAKE = """An idle execution of {fifty} tables sends Snowflake **{idle:.0f}** statements. A busy table sends
**{besides:.0f}** that need a warehouse, besides its merge, which is one block of up to **{children}** statements.
"""
_BESIDES = """
`network=new` adds one NAT gateway of {nat:.2f}; an interface endpoint is 7.30 in each zone. Gigabytes cost besides:
0.045 through the NAT gateway (Aurora's files go to S3 without it), 0.50 of logs (flow logs are some MB a month), 0.023
of files in S3 until they expire, and {notified} credits through Snowpipe.
"""
_STORAGE = """## Snowflake's storage of what was replaced

A merge writes each micro-partition with a changed row anew, and the former one is kept: for the days of Time Travel
(1 by default), and where the table is not transient for 7 days of Fail-safe. Dollars a month beside FINAL itself, by
what each hourly merge replaces; keys in the order of time replace little, random ones (UUID) up to the whole table.

| replaced by each run | permanent, 1 day | transient, 1 day | transient, 0 days |
| ---: | ---: | ---: | ---: |"""
_AURORA = """
## Aurora's page reads

On Aurora *Standard* each page of 8 KB that is not in memory costs {million:.2f} dollars a million; on I/O-Optimized
nothing. `xmin` scans the table each run; `full_snapshot` too, and once more where anything changed. Dollars a month for
a table that is not in memory, hourly:

| size | one scan | `xmin`, or an unchanged `full_snapshot` | `full_snapshot`, changed each hour |
| ---: | ---: | ---: | ---: |"""
_ASSUMED = """
So many tables run at once: {at_once}; more of them are *rounds*, through which the warehouse stays awake. It suspends
{suspends} s after the last statement; at the low end it also sleeps while the last round waits for Snowpipe. Where an
execution takes more than an hour, marked *, the next one finds its tables still being read: the tables are copied less
often than hourly, which is what the row counts, and the warehouse never sleeps. A credit is {credit:.2f}."""


def page(measured: Measured, **runs: int) -> str:
    """The page; `runs` are the numbers of tables and rows for its first lines."""
    parts = [
        _TOP.format(**runs),
        *_counted(measured, runs["fifty"]),
        *_monthly(measured),
        *_standing(measured.stack),
        _STORAGE,
        *_replaced(),
        _AURORA.format(million=prices.AURORA_READ * 10**6),
        *_scanned(),
        *_notes(),
    ]
    return "\n".join(parts) + "\n"


def _counted(measured: Measured, fifty: int) -> Iterator[str]:
    sides = (measured.own, measured.idle, measured.busy)
    yield "## Counted per execution\n"
    yield "| | the execution | + an idle table | + a busy table |\n| --- | ---: | ---: | ---: |"
    for label, name, digits in (
        ("state transitions", "transitions", 1), ("Lambda invocations", "invocations", 1),
        ("Lambda GB-seconds", "gigabyte_seconds", 3), ("looks at a load", "load_looks", 1),
        ("looks at a merge", "merge_looks", 1), ("DynamoDB requests", "lease_writes", 1),
        ("bytes logged by functions", "log_bytes", 0), ("files in S3", "files", 1),
        ("CloudWatch metrics", "metrics", 1),
    ):  # fmt: skip
        yield f"| {label} | " + " | ".join(f"{max(0.0, getattr(one, name)):,.{digits}f}" for one in sides) + " |"
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
    counts = {"idle": measured.idle_statements, "besides": measured.besides, "children": measured.children}
    yield _SNOWFLAKE.format(fifty=fifty, **counts)


def _monthly(measured: Measured) -> Iterator[str]:
    yield "## US dollars a month, every table synced hourly\n"
    parts = "transitions | Lambda | metrics, logs, traces | S3, DynamoDB | Snowflake | together"
    yield f"| tables | of them busy | {parts} |"
    yield "| ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |"
    for tables in TABLES:
        for share in (0, 10, 100):
            busy = tables * share // 100
            low, high = (Estimate(measured, side, tables - busy, busy) for side in ("low", "high"))
            costs = (_range(*sorted(pair)) for pair in zip(low.costs(), high.costs(), strict=True))
            late = " *" if high.run_seconds() > 3_600 else ""
            yield f"| {tables:,} | {busy:,}{late} | " + " | ".join(costs) + " |"
    yield ""


def _range(low: float, high: float) -> str:
    """Both ends, or one figure where they are the same cents; whole dollars from a hundred on."""
    one, other = (f"{value:,.0f}" if value >= 100 else f"{value:,.2f}" for value in (low, high))
    return one if one == other else f"{one} – {other}"


def _standing(stack: dict[str, int]) -> Iterator[str]:
    yield "## US dollars a month that no run changes\n"
    yield "| what | number | dollars |\n| --- | ---: | ---: |"
    for kind, price in prices.STANDING.items():
        if number := stack.get(kind, 0):
            yield f"| {kind} | {number} | {number * price:.2f} |"
    yield _BESIDES.format(nat=prices.NAT_GATEWAY, notified=prices.NOTIFIED_GIGABYTE)


def _replaced() -> Iterator[str]:
    for gigabytes in (0.1, 1, 10, 100):
        kept = [gigabytes * 24 * days / 1_000 * prices.TERABYTE_MONTH for days in (8, 1, 0)]
        yield f"| {gigabytes:g} GB | " + " | ".join(f"{dollars:,.2f}" for dollars in kept) + " |"


def _scanned() -> Iterator[str]:
    for gigabytes in (1, 10, 100):
        scan = gigabytes * 2**30 / 8_192 * prices.AURORA_READ
        monthly = scan * prices.HOURS
        yield f"| {gigabytes} GB | {scan:.3f} | {monthly:,.0f} | {2 * monthly:,.0f} |"


def _notes() -> Iterator[str]:
    yield "\n## What is assumed\n"
    yield "| what | from | to | source |\n| --- | ---: | ---: | --- |"
    for one in assumed.ALL:
        yield f"| {one.what} | {one.low:g} | {one.high:g} | {one.source} |"
    yield _ASSUMED.format(at_once=assumed.AT_ONCE, suspends=assumed.SUSPENDS_AFTER, credit=prices.CREDIT)
