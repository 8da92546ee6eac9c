"""Which key an export is encrypted with: the one that the statement names, else AWS's own for S3, not the bucket's."""

import json
from collections.abc import Iterator
from typing import Any

import psycopg2
import pytest

from local.aurora.server import SYNC_ROLE, Aurora
from local.aurora.uploader import PART_BYTES
from local.aws.server import ACCOUNT, Aws

BUCKET = "only-one-key"
KEY = f"arn:aws:kms:eu-central-1:{ACCOUNT}:key/11111111-2222-3333-4444-555555555555"
OTHER = KEY.replace("1111", "9999")
NAMED_KEY = "s3:x-amz-server-side-encryption-aws-kms-key-id"


@pytest.fixture(scope="module")
def s3(aws: Aws) -> Any:
    """A bucket whose policy denies every key but one, and AWS's own."""
    client = aws.client("s3")
    client.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": aws.region})
    denied = [
        {"StringNotEquals": {NAMED_KEY: KEY}, "Null": {NAMED_KEY: "false"}},
        {"Null": {"s3:x-amz-server-side-encryption": "false", NAMED_KEY: "true"}},
    ]
    statements = [
        {"Effect": "Deny", "Principal": "*", "Action": "s3:PutObject", "Resource": f"arn:aws:s3:::{BUCKET}/*"}
        | {"Condition": condition}
        for condition in denied
    ]
    client.put_bucket_policy(Bucket=BUCKET, Policy=json.dumps({"Version": "2012-10-17", "Statement": statements}))
    return client


@pytest.fixture
def sync(aurora: Aurora, s3: Any) -> Iterator[Any]:
    connection = psycopg2.connect(aurora.dsn(SYNC_ROLE))
    connection.autocommit = True
    yield connection.cursor()
    connection.close()


def export(cursor: Any, key: str, kms_key: str | None, characters: int) -> None:
    cursor.execute(
        "SELECT * FROM aws_s3.query_export_to_s3(%s, aws_commons.create_s3_uri(%s, %s, 'eu-central-1'), "
        "options => 'format csv', kms_key => %s)",
        (f"SELECT repeat('x', 1000) FROM generate_series(1, {characters // 1000})", BUCKET, key, kms_key),
    )


@pytest.mark.parametrize("characters", [1000, 2 * PART_BYTES], ids=["one request", "in parts"])
def test_the_named_key_encrypts(sync: Any, s3: Any, characters: int) -> None:
    export(sync, f"mine{characters}", KEY, characters)
    assert s3.head_object(Bucket=BUCKET, Key=f"mine{characters}")["SSEKMSKeyId"] == KEY


@pytest.mark.parametrize("kms_key", [None, OTHER])
@pytest.mark.parametrize("characters", [1000, 2 * PART_BYTES], ids=["one request", "in parts"])
def test_a_bucket_can_refuse_every_other_key(sync: Any, s3: Any, kms_key: str | None, characters: int) -> None:
    with pytest.raises(psycopg2.OperationalError) as raised:
        export(sync, "theirs", kms_key, characters)
    assert raised.value.diag.message_primary == "could not upload to Amazon S3"
    assert "explicit deny" in str(raised.value.diag.message_detail)
    assert s3.list_objects_v2(Bucket=BUCKET, Prefix="theirs")["KeyCount"] == 0
