from pathlib import Path
from typing import Any

import pytest

from infra.settings import context_file
from infra.settings.settings import Settings, SettingsError
from tests.support.contexts import AURORA, MODES, ROOT, SNOWFLAKE, settings


def test_cdk_json_gives_every_key_a_default() -> None:
    assert Settings.model_fields.keys() <= context_file.read().keys()
    assert settings().stack_name == "aurora-snowflake-sync"


@pytest.mark.parametrize(
    ("given", "prefixed"),
    [("10.20.0.7", "10.20.0.7/32"), ("10.20.0.0/255.255.255.0", "10.20.0.0/24"), ("10.20.0.0/22", "10.20.0.0/22")],
)
def test_a_network_has_its_prefix_however_it_is_written(given: str, prefixed: str) -> None:
    chosen = settings(**MODES["new"] | {"aurora_security_group_id": "", "aurora_cidr": given})
    assert chosen.aurora_cidr == prefixed
    assert settings(snowflake_allowed_cidrs=f"203.0.113.7,{given}").snowflake_allowed_cidrs == (
        "203.0.113.7/32",
        prefixed,
    )
    assert settings(vpc_cidr="10.90.0.0/255.255.255.0").vpc_cidr == "10.90.0.0/24"


def test_values_from_the_command_line_are_text() -> None:
    chosen = settings(max_concurrency="25", schedule_enabled="false", fence_margin_seconds="1")
    assert (chosen.max_concurrency, chosen.schedule_enabled, chosen.fence_margin_seconds) == (25, False, 1)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("stack_name", "my_stack"),
        ("stack_name", "a" * 46),
        ("stack_name", "ends-in-"),
        ("stack_name", "Sthree"),
        ("stack_name", "xn--sync"),
        ("stack_name", "amzn-s3-demo-sync"),
        ("parameter_prefix", "/aws/sync"),
        ("parameter_prefix", "/AWSsync"),
        ("parameter_prefix", "/Ssm-sync"),
        ("parameter_prefix", "no-slash"),
        ("parameter_prefix", "/trailing/"),
        ("schedule", "0 * * * ? *"),
        ("schedule", "cron(0 * * * ?)"),
        ("schedule", "cron(0 * * * * *)"),
        ("schedule", "cron(0 * ? * ? *)"),
        ("schedule", "rate(0 hours)"),
        ("schedule", "cron(60 * * * ? *)"),
        ("schedule", "cron(0 noon * * ? *)"),
        ("schedule", "cron(0 6 ? * MONDAY *)"),
        ("schedule", "cron(*/0 * * * ? *)"),
        ("schedule", "cron(*/-5 * * * ? *)"),
        ("schedule", "cron(1_0 * * * ? *)"),
        ("schedule", "cron(99 0 1 * ? *)"),
        ("schedule", "cron(0 24 1 * ? *)"),
        ("schedule", "cron(0 * abc * ? *)"),
        ("schedule", "cron(0 * 32 * ? *)"),
        ("schedule", "cron(0 * 32W * ? *)"),
        ("schedule", "cron(0 * ?,1 * ? *)"),
        ("schedule", "cron(0 * 1 13 ? *)"),
        ("schedule", "cron(0 * 1 JANUARY ? *)"),
        ("schedule", "cron(0 * ? * MON#9 *)"),
        ("schedule", "cron(0 * ? * 8L *)"),
        ("schedule", "cron(0 0 ? * MON-FRI 1999)"),
        ("schedule", "cron(0 0 ? * MON-FRI 3000)"),
        ("schedule", "cron(? * * * ? *)"),
        ("schedule", "cron(0 ? * * ? *)"),
        ("schedule", "cron(0 * * ? ? *)"),
        ("schedule", "cron(0 * * * ? ?)"),
        ("schedule_timezone", "Mars/Olympus"),
        ("schedule_timezone", "localtime"),
        ("schedule_timezone", "Factory"),
        ("schedule_enabled", "perhaps"),
        ("snowflake_warehouse_size", "TINY"),
        ("snowflake_warehouse_generation", 2),
        ("snowflake_merge_warehouses", "my warehouse"),
        ("snowflake_monthly_credits", -1),
        ("statement_timeout_seconds", 0),
        ("final_retention_days", 91),
        ("maintain_schedule", "daily"),
        ("maintain_enabled", "perhaps"),
        ("lambda_python", "3.9"),
        ("lambda_python", 3.13),
        ("lambda_architecture", "arm"),
        ("max_concurrency", 0),
        ("max_concurrency", "many"),
        ("vault_url", "vault.example.com"),
        ("vault_url", "http://vault.example.com:8200"),
        ("vault_url", "https://vault.example.com:8200/"),
        ("vault_url", "https://vault.example.com:82000"),
        ("vault_url", "https://vault.example.com:0"),
        ("vault_url", "https://vault.example.com:http"),
        ("vault_url", "https://vault.example.com/v1"),
        ("vault_url", "https://vault.example.com?namespace=a"),
        ("vault_url", "https://vault.example.com#a"),
        ("vault_role", ""),
        ("vault_auth_mount", "/aws"),
        ("vault_server_id", "two words"),
        ("vault_sts_region", "https://sts.eu-central-1.amazonaws.com"),
        ("vault_sts_region", "eu-central"),
        ("vault_kv_mount", "secret/"),
        ("vault_aurora_path", ""),
        ("vault_snowflake_path", "a//b"),
        ("vault_aurora_login_path", "creds"),
        ("snowflake_database", 'my"db'),
        ("snowflake_database", "sales"),
        ("snowpipe_queue_arn", "arn:aws:sns:eu-central-1:123456789012:topic"),
        ("fence_margin_seconds", 0),
        ("max_fence_lag_minutes", 0),
        ("load_timeout_seconds", 0),
        ("log_level", "LOUD"),
        ("notification_email", "nobody"),
        ("network", "public"),
        ("vpc_id", "vpc-1"),
        ("private_subnet_ids", "subnet-0a1b2c3d,rtb-0a1b2c3d"),
        ("route_table_ids", ["rtb-1"]),
        ("vpc_cidr", "10.90.0.0/28"),
        ("vpc_cidr", "10.90.0.1/24"),
        ("interface_endpoints", "com.amazonaws..ssm"),
        ("interface_endpoints", "sts,sts"),
        ("aurora_security_group_id", "aurora"),
        ("aurora_cidr", "10.20.0.0/33"),
        ("aurora_port", 0),
        ("aurora_cluster_arn", "arn:aws:rds:eu-central-1:123456789012:db:shop"),
        ("snowflake_iam_user_arn", "arn:aws:iam::123456789012:role/snowflake"),
        ("aurora_cluster_arn", "arn:aws-us-gov:rds:us-gov-west-1:123456789012:cluster:shop"),
        ("snowflake_iam_user_arn", "arn:aws-cn:iam::123456789012:user/snowflake"),
        ("snowpipe_queue_arn", "arn:aws-us-gov:sqs:us-gov-west-1:123456789012:queue"),
        ("snowflake_external_id", "two words"),
        ("staging_retention_days", 13),
        ("staging_glacier_days", 7),
        ("log_retention_days", 31),
        ("retain_data", "perhaps"),
        ("tracing", "perhaps"),
    ],
)
def test_a_wrong_value_is_one_sentence_with_key_value_and_example(key: str, value: Any) -> None:
    with pytest.raises(SettingsError) as caught:
        settings(**{key: value})
    message = str(caught.value)
    assert message.startswith(f"Context key {key} is {value!r}, but must be ")
    assert f"for example -c {key}=" in message
    assert "\n" not in message


@pytest.mark.parametrize("key", list(Settings.model_fields))
def test_the_example_of_each_key_is_itself_valid(key: str) -> None:
    example = (Settings.model_fields[key].examples or [])[0].strip("'")
    value = getattr(Settings.model_validate({**context_file.read(), key: example}), key)
    assert (",".join(value) if isinstance(value, tuple) else str(value)).lower() == example.lower()


@pytest.mark.parametrize(
    ("context", "sentence"),
    [
        (MODES["existing"] | {"vpc_id": ""}, "vpc_id is empty, but network is existing: set it"),
        (
            MODES["existing"] | {"private_subnet_ids": ""},
            "private_subnet_ids is empty, but network is existing: set it",
        ),
        (
            MODES["existing"] | {"aurora_security_group_id": ""},
            "aurora_security_group_id is empty, but network is existing and aurora_cidr is empty: set it",
        ),
        (MODES["existing"] | {"aurora_cidr": "10.0.0.0/8"}, "aurora_cidr is set, but aurora_security_group_id says"),
        (MODES["new"] | {"vpc_id": "vpc-0a1b2c3d"}, "vpc_id is set, but network new has no use for it: leave it empty"),
        (MODES["none"] | {"aurora_cidr": "10.0.0.0/8"}, "aurora_cidr is set, but network none has no use for it"),
        (
            MODES["existing"] | {"interface_endpoints": "sts"},
            "interface_endpoints is set, but network is existing, and an endpoint's name holds for the whole VPC",
        ),
        (
            SNOWFLAKE | {"snowflake_external_id": ""},
            "snowflake_external_id is empty, but snowflake_iam_user_arn is set",
        ),
        (SNOWFLAKE | {"snowflake_iam_user_arn": ""}, "snowflake_iam_user_arn is empty, but snowflake_external_id is"),
        (
            {"final_transient": True, "final_retention_days": 2},
            "final_retention_days is 2, but final_transient is true",
        ),
        ({"staging_glacier_days": 30}, "staging_glacier_days is 30, but Glacier bills 90 days of each file"),
        (
            {"staging_glacier_days": 30, "staging_retention_days": 119},
            "staging_glacier_days is 30, but Glacier bills 90 days of each file, and staging_retention_days (119)",
        ),
    ],
)
def test_keys_that_contradict_each_other_are_one_sentence_with_an_example(
    context: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(SettingsError) as caught:
        settings(**context)
    message = str(caught.value)
    assert message.startswith(f"Context key {sentence}")
    assert "for example " in message
    assert message.endswith(".")
    assert "\n" not in message


def test_a_file_may_rest_in_glacier_for_the_days_that_it_bills() -> None:
    assert settings(staging_glacier_days=30, staging_retention_days=120).staging_glacier_days == 30


def test_a_queue_of_another_region_than_the_cluster_is_refused() -> None:
    queue = "arn:aws:sqs:eu-west-1:123456789012:sf-snowpipe-a"
    with pytest.raises(
        SettingsError, match=r"snowpipe_queue_arn is in eu-west-1, but aurora_cluster_arn in eu-central"
    ):
        settings(aurora_cluster_arn=AURORA, snowpipe_queue_arn=queue)
    assert settings(snowpipe_queue_arn=queue).snowpipe_queue_arn == queue


@pytest.mark.parametrize(
    ("region", "account", "wrong"),
    [
        ("eu-central-1", "123456789012", ""),
        ("", "", ""),
        ("eu-west-1", "123456789012", "in region eu-central-1, but the deployment goes to eu-west-1"),
        ("eu-central-1", "999999999999", "in account 123456789012, but the deployment goes to 999999999999"),
    ],
)
def test_a_deployment_away_from_the_cluster_is_refused(region: str, account: str, wrong: str) -> None:
    chosen = settings(aurora_cluster_arn=AURORA)
    if not wrong:
        chosen.check_place(region, account)
        settings().check_place("eu-west-1", "999999999999")
        return
    with pytest.raises(SettingsError, match=rf"^Context key aurora_cluster_arn names a cluster {wrong}, "):
        chosen.check_place(region, account)


def test_a_missing_key_is_named() -> None:
    context = context_file.read()
    del context["vault_url"]
    with pytest.raises(SettingsError, match=r"^Context key vault_url is missing and must be an https://"):
        Settings.from_context(context)


def test_a_misspelt_key_is_met_with_the_right_one() -> None:
    with pytest.raises(SettingsError, match=r"^Context key max_concurency is unknown: did you mean max_concurrency, "):
        settings(max_concurency=5)


def test_an_unknown_key_is_met_with_all_keys() -> None:
    with pytest.raises(SettingsError, match=r"^Context key zzz is unknown: .*stack_name.*notification_email"):
        settings(zzz=5)


def test_keys_of_cdk_itself_are_left_alone() -> None:
    assert settings(**{"aws:cdk:enable-path-metadata": True, "acknowledged-issue-numbers": [1]}) == settings()


def test_names_that_only_resemble_reserved_ones_are_taken() -> None:
    chosen = settings(stack_name="sthreetables", parameter_prefix="/team/aws")
    assert (chosen.stack_name, chosen.parameter_prefix) == ("sthreetables", "/team/aws")


def test_vault_without_tls_is_only_for_this_machine() -> None:
    assert settings(vault_url="http://127.0.0.1:8200").vault_url == "http://127.0.0.1:8200"


def test_a_runtime_that_cannot_load_the_drivers_is_refused() -> None:
    with pytest.raises(SettingsError, match=r"lambda_python is '3\.11'"):
        settings(lambda_python="3.11").check_runtime()
    settings(lambda_python="3.12").check_runtime()
    settings(lambda_python="3.11", emulated=True).check_runtime()


def test_every_key_is_explained_where_deploying_is() -> None:
    page = (ROOT / "docs" / "deploy.md").read_text()
    assert [key for key in Settings.model_fields if f"`{key}`" not in page] == []


def test_the_authority_of_vault_is_read_from_its_file(tmp_path: Path) -> None:
    file = tmp_path / "ca.pem"
    file.write_text("-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n")
    assert settings(vault_ca_file=str(file)).vault_ca_pem == file.read_text()
    assert settings().vault_ca_pem == ""


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (None, "is no file here"),
        ("-----BEGIN PRIVATE KEY-----", "holds no -----BEGIN CERTIFICATE-----"),
        ("-----BEGIN CERTIFICATE-----" + "A" * 2500, "2527 characters do not fit"),
    ],
)
def test_a_file_that_is_no_certificate_or_does_not_fit_is_refused(tmp_path: Path, text: str | None, says: str) -> None:
    file = tmp_path / "ca.pem"
    if text:
        file.write_text(text)
    with pytest.raises(SettingsError, match=rf"^Context key vault_ca_file names .*{says}"):
        settings(vault_ca_file=str(file))
