"""List prices of us-east-1 in US dollars, as of November 2026; taxes, free tiers and discounts left out."""

HOURS = 730  # of a month

TRANSITION = 0.025 / 1_000  # aws.amazon.com/step-functions/pricing, Standard workflows
GIGABYTE_SECOND = 0.0000133334  # aws.amazon.com/lambda/pricing, arm64; INIT is billed as well since August 2025
INVOCATION = 0.20 / 1_000_000
METRIC = 0.30  # aws.amazon.com/cloudwatch/pricing: a custom metric written in every hour of the month
FURTHER_METRIC, FIRST_METRICS = 0.10, 10_000  # those beyond the first ten thousand
LOG_GIGABYTE = 0.50  # ingested, flow logs too
TRACE = 5.00 / 1_000_000  # aws.amazon.com/xray/pricing, recorded
LEASE_WRITE = 0.625 / 1_000_000  # aws.amazon.com/dynamodb/pricing, on-demand
PUT = 0.005 / 1_000  # aws.amazon.com/s3/pricing
AURORA_READ = 0.20 / 1_000_000  # aws.amazon.com/rds/aurora/pricing, Standard storage; I/O-Optimized has none
CREDIT = 3.00  # Snowflake's Enterprise edition on AWS; Standard has 2.00
NOTIFIED_GIGABYTE = 0.0037  # Snowpipe's credits
TERABYTE_MONTH = 23.00  # Snowflake's storage

NAT_GATEWAY = 0.045 * HOURS
# Resources of the stack that cost by being there.
STANDING = {
    "AWS::KMS::Key": 1.00,
    "AWS::CloudWatch::Alarm": 0.10,
    "AWS::CloudWatch::Dashboard": 3.00,
}
