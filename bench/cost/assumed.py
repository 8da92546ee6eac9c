"""What a laptop cannot measure: each figure from its lowest to its highest, with its source."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Range:
    """A figure and why it is assumed; the unit is in `what`."""

    what: str
    low: float
    high: float
    source: str


SNOWPIPE = Range("seconds from a file to its rows in STAGING", 45, 120, "Snowflake's pages say about a minute")
LOAD_LOOKS = Range("looks at a load", 1, 4, "the first after 45 s, then after a quarter of the wait, 10 s at least")
MERGE_LOOKS = Range("looks at a merge", 1, 3, "one while it lasts 5 s, then every 10 s")
STATEMENT = Range("seconds of a small statement on an XS warehouse", 0.2, 0.6, "about 0.4; QUERY_HISTORY knows better")
STEPS = Range("seconds of a busy table's other steps", 10, 30, "warm and cold functions, one export")
CREDITS = Range("credits an hour of an XS warehouse", 1.0, 1.35, "first and second generation, which new accounts get")
CLOUD_SERVICE = Range(
    "credits of cloud services for a statement", 0.00002, 0.0001, "the order of what QUERY_HISTORY shows for small ones"
)
COLD_STARTS = Range("cold starts of each function for a table that runs at once", 0, 1, "hourly starts are mostly cold")
INIT = Range("seconds of a cold start", 2, 5, "docs/functions.md: the import, over the processor's share")
WORKFLOW_EVENT = Range("bytes of the workflow's log for a transition", 500, 2_000, "two or three events, without data")
TRACED = Range("share of invocations that X-Ray records", 0.05, 1, "one a second and 5 % of the rest")
ALL = (
    SNOWPIPE, LOAD_LOOKS, MERGE_LOOKS, STATEMENT, STEPS, CREDITS, CLOUD_SERVICE, COLD_STARTS, INIT, WORKFLOW_EVENT,
    TRACED,
)  # fmt: skip

AT_ONCE = 10  # the default of max_concurrency
SUSPENDS_AFTER = 60  # AUTO_SUSPEND, which is also the least that is billed
