"""List prices of us-east-1 in US dollars, as of November 2026; taxes, free tiers and discounts left out."""

from dataclasses import dataclass

HOURS = 730  # of a month

TRANSITION = 0.025 / 1_000  # aws.amazon.com/step-functions/pricing, Standard workflows
GIGABYTE_SECOND = 0.0000133334  # aws.amazon.com/lambda/pricing, arm64
INVOCATION = 0.20 / 1_000_000
METRIC = 0.30  # aws.amazon.com/cloudwatch/pricing: a custom metric written in every hour of the month
FURTHER_METRIC, FIRST_METRICS = 0.10, 10_000  # those beyond the first ten thousand
PUT = 0.005 / 1_000  # aws.amazon.com/s3/pricing
CREDIT = 3.00  # Snowflake's Enterprise edition on AWS; Standard has 2.00
WAREHOUSE_CREDITS = 1 / 3_600  # a second of an XS warehouse
NOTIFIED_GIGABYTE = 0.0037  # Snowpipe's credits


@dataclass(frozen=True)
class Assumed:
    """Not measurable on a laptop: an XS warehouse's seconds for a statement that needs one, and until it suspends."""

    statement_seconds: float = 1.0
    at_once: int = 10
    suspends_after: float = 60.0


NAT_GATEWAY = 0.045 * HOURS
# Resources of the stack that cost by being there.
STANDING = {
    "AWS::KMS::Key": 1.00,
    "AWS::CloudWatch::Alarm": 0.10,
    "AWS::CloudWatch::Dashboard": 3.00,
}
