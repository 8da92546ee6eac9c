"""What follows from the account: the bucket's queue, and the service user's keys."""

import json
import stat

from snowflake.connector.errors import ProgrammingError

from tests.servers.infra.snowflake.bootstrapping import QUEUE, USER, Bench


def test_a_pipe_that_must_wait_for_the_bucket_is_no_failure(bench: Bench) -> None:
    bench.connection.refusals["CREATE PIPE IF"] = ProgrammingError("Error assuming AWS_ROLE. Please verify the role.")
    code, output = bench.run()
    assert code == 0
    assert "waits: " in output
    assert "run this again, and deploy again" in output
    assert bench.context["snowpipe_queue_arn"] == ""
    bench.connection.refusals.clear()
    bench.run()
    assert bench.context["snowpipe_queue_arn"] == QUEUE


def test_a_queue_in_another_region_is_not_taken_and_asked_for_again(bench: Bench) -> None:
    bench.settings_file.write_text(bench.settings_file.read_text().replace("rds:eu-central-1", "rds:eu-west-1"))
    code, output = bench.run()
    assert code == 0, output
    assert bench.context["snowpipe_queue_arn"] == ""
    assert bench.connection.made[-1].startswith("DROP PIPE")


def test_the_key_is_never_shown_and_its_file_is_its_owners(bench: Bench) -> None:
    bench.key_file.unlink()
    _, output = bench.run()
    assert stat.S_IMODE(bench.key_file.stat().st_mode) == 0o600
    body = bench.key_file.read_text().splitlines()[1:-1]
    spoken = output + "".join(bench.connection.executed) + json.dumps(bench.context)
    assert not any(line in spoken for line in body)
    assert f"private_key_pem=@{bench.key_file}" in output


def test_a_key_is_rotated_without_a_moment_in_which_none_works(bench: Bench) -> None:
    bench.run()
    old = bench.described(USER)["RSA_PUBLIC_KEY_FP"]
    bench.key_file.unlink()
    _, output = bench.run()
    assert "take the key away" in output
    both = bench.described(USER)
    assert both["RSA_PUBLIC_KEY_FP"] == old != both["RSA_PUBLIC_KEY_2_FP"]
    bench.run("--retire-other-key")
    assert bench.connection.made == ['ALTER USER "AURORA_SYNC" UNSET RSA_PUBLIC_KEY']
    assert "RSA_PUBLIC_KEY_FP" not in bench.described(USER)
    bench.run("--retire-other-key")
    assert bench.connection.made == []


def test_an_integration_that_someone_made_anew_is_what_the_settings_then_trust(bench: Bench) -> None:
    bench.run()
    role = bench.described('INTEGRATION "AURORA_EXPORTS"')["STORAGE_AWS_ROLE_ARN"]
    bench.execute(
        'CREATE OR REPLACE STORAGE INTEGRATION "AURORA_EXPORTS" TYPE = EXTERNAL_STAGE '
        "STORAGE_PROVIDER = 'S3' ENABLED = TRUE "
        f"STORAGE_AWS_ROLE_ARN = '{role}' STORAGE_AWS_EXTERNAL_ID = 'ANEW=1' STORAGE_ALLOWED_LOCATIONS = ('s3://x/')"
    )
    known = bench.context["snowflake_external_id"]
    _, output = bench.run()
    assert bench.context["snowflake_external_id"] == "ANEW=1"
    assert f"snowflake_external_id = ANEW=1 (was {known})" in output
    assert "deploy: " in output
