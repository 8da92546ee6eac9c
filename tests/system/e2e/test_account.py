"""What the services themselves say about what was deployed."""

import pytest

from tests.support.laptop import Laptop


@pytest.mark.live
def test_step_functions_finds_nothing_wrong_with_the_definition(laptop: Laptop) -> None:
    states = laptop.aws.client("stepfunctions")
    definition = states.describe_state_machine(stateMachineArn=laptop.known["state_machine_arn"])["definition"]
    found = states.validate_state_machine_definition(definition=definition, type="STANDARD", severity="WARNING")
    assert (found["result"], found["diagnostics"]) == ("OK", [])


@pytest.mark.live
@pytest.mark.parametrize("rows", [1, 120_000], ids=["one request", "in parts"])
def test_a_file_is_encrypted_with_the_stacks_own_key(laptop: Laptop, rows: int) -> None:
    schema, before, s3 = laptop.new_schema(), laptop.files(), laptop.aws.client("s3")
    laptop.sql(f"CREATE TABLE {schema}.t (id integer PRIMARY KEY, filling text)")
    laptop.sql(f"INSERT INTO {schema}.t SELECT n, repeat('x', 1000) FROM generate_series(1, {rows}) AS n")
    laptop.configure([{"table_name": f"{schema}.t", "watermark_type": "xmin"}])
    assert laptop.results()[f"{schema}.t"]["status"] == "LOADED"
    bucket = laptop.known["bucket"]
    rules = s3.get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"]["Rules"]
    key = rules[0]["ApplyServerSideEncryptionByDefault"]["KMSMasterKeyID"]
    exported = laptop.files() - before
    assert exported
    assert {s3.head_object(Bucket=bucket, Key=name)["SSEKMSKeyId"] for name in exported} == {key}
