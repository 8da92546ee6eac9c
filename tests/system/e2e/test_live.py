"""The way into an account, tried with the laptop as the account that the environment's variables name."""

import os
from pathlib import Path
from typing import Any

import pytest
from snowflake.connector.config_manager import CONFIG_MANAGER

from local.cloud.context import STACK
from tests.support.laptop import Laptop
from tests.system.e2e import live


@pytest.fixture
def account(laptop: Laptop, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """What an engineer sets before `pytest -m live`."""
    aws = laptop.known["aws"]
    monkeypatch.setenv("AWS_ENDPOINT_URL", aws["endpoint_url"])
    monkeypatch.setenv("AWS_DEFAULT_REGION", aws["region"])
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", aws["access_key_id"])
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", aws["secret_access_key"])
    connections = tmp_path / "connections.toml"
    connections.touch(mode=0o600)
    connections.write_text("[contract]\n" + "\n".join(_toml(*one) for one in laptop.known["snowflake"].items()))
    places = [one._replace(path=connections) if one.section == "connections" else one for one in CONFIG_MANAGER._slices]
    monkeypatch.setattr(CONFIG_MANAGER, "_slices", places)
    CONFIG_MANAGER.read_config()
    monkeypatch.setenv("LIVE_STACK", STACK)
    monkeypatch.setenv("LIVE_AURORA_DSN", laptop.known["postgres"]["dsn"])
    monkeypatch.setenv("LIVE_SNOWFLAKE_CONNECTION", "contract")


def _toml(name: str, value: Any) -> str:
    return f"{name} = {value if isinstance(value, int) else repr(value)}"


@pytest.mark.usefixtures("account")
def test_a_stack_is_found_run_and_left_as_it_was(laptop: Laptop) -> None:
    assert live.unset(os.environ) == ""
    with live.deployed(os.environ) as found:
        schema = found.new_schema()
        found.sql(f"CREATE TABLE {schema}.t (id integer PRIMARY KEY); INSERT INTO {schema}.t VALUES (1), (2)")
        found.configure([{"table_name": f"{schema}.t", "watermark_type": "xmin"}])
        result = found.results()[f"{schema}.t"]
        assert result["status"] == "LOADED"
        assert found.compared(schema, "t", result["target"]).identical
    assert laptop.configured() == []
    assert laptop.sql("SELECT count(*) FROM pg_namespace WHERE nspname = %s", schema) == [(0,)]


@pytest.mark.usefixtures("account")
def test_a_stack_that_copies_tables_is_not_touched(laptop: Laptop) -> None:
    laptop.configure([{"table_name": "public.orders", "watermark_type": "xmin"}])
    with pytest.raises(live.NotForTests, match=r"copies tables already .*public\.orders"), live.deployed(os.environ):
        pass
    assert laptop.configured() == [{"table_name": "public.orders", "watermark_type": "xmin"}]


def test_what_is_missing_is_named() -> None:
    assert live.unset({"LIVE_STACK": "s", "LIVE_AURORA_DSN": ""}) == (
        "not set: LIVE_AURORA_DSN, LIVE_SNOWFLAKE_CONNECTION (docs/live-tests.md)"
    )
