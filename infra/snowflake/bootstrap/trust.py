"""The account's values that a deployment needs: the user that the bucket's role trusts, and the queue of its events."""

from dataclasses import dataclass, replace

from functions.shared.contract.names import quote
from functions.shared.snowflake.objects import storage_integration
from infra.settings.settings import Settings
from infra.snowflake.bootstrap.account import Account
from infra.snowflake.bootstrap.run import QUEUE
from infra.snowflake.bootstrap.statements import parts_of


@dataclass(frozen=True)
class Trust:
    """Empty where it is not known yet."""

    iam_user_arn: str
    external_id: str
    queue_arn: str

    def settings(self) -> dict[str, str]:
        """Its values by their context keys."""
        return {
            "snowflake_iam_user_arn": self.iam_user_arn,
            "snowflake_external_id": self.external_id,
            "snowpipe_queue_arn": self.queue_arn,
        }


def read_trust(account: Account, database: str) -> Trust:
    """Reads it by DESCRIBE INTEGRATION and SHOW PIPES."""
    integration = account.properties("STORAGE INTEGRATION", parts_of(storage_integration(database)))
    pipe = account.find("PIPE", (database, *QUEUE))
    return Trust(
        integration.get("STORAGE_AWS_IAM_USER_ARN", ""),
        integration.get("STORAGE_AWS_EXTERNAL_ID", ""),
        str(pipe["notification_channel"] or "") if pipe else "",
    )


def in_bucket_region(trust: Trust, settings: Settings) -> bool:
    """Whether S3 can reach the queue, which must be in the bucket's region; true while no queue is known."""
    return not trust.queue_arn or trust.queue_arn.split(":")[3] == settings.aurora_region


def without_queue(trust: Trust, account: Account, database: str, *, dry: bool) -> Trust:
    """The rest of it; the pipe that named the queue is dropped, so that the next run asks again."""
    if not dry:
        name = ".".join(quote(part) for part in (database, *QUEUE))
        account.execute(f"DROP PIPE IF EXISTS {name}", "SYSADMIN")
    return replace(trust, queue_arn="")
