"""Clear full refresh: the flag goes, nobody's edit is lost."""

import json
from collections.abc import Callable, Iterator
from typing import Any
from unittest.mock import Mock

import boto3
import pytest
from moto import mock_aws

from functions.clear_full_refresh import handler as clear
from functions.clear_full_refresh.handler import handler
from functions.config.handler import handler as config
from functions.shared.access import parameters
from functions.shared.ground.errors import ParametersUnavailable

ORDERS = {"table_name": "public.orders", "watermark_col": "updated_at", "full_refresh": True}
ITEMS = {"table_name": "public.items", "watermark_type": "xmin", "full_refresh": True}
LIST = "/sync/tables"
OWN = "/sync/tables/public.orders"


class Store:
    """Parameter Store as an operator uses it."""

    def __init__(self) -> None:
        self.ssm = boto3.client("ssm")

    def put(self, name: str, value: Any) -> None:
        text = value if isinstance(value, str) else json.dumps(value)
        self.ssm.put_parameter(Name=name, Value=text, Type="String", Overwrite=True)

    def text(self, name: str) -> str:
        return self.ssm.get_parameter(Name=name)["Parameter"]["Value"]

    def get(self, name: str) -> Any:
        return json.loads(self.text(name))

    def version(self, name: str) -> int:
        return self.ssm.get_parameter(Name=name)["Parameter"]["Version"]


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clear, "_SETTLE_SECONDS", (0, 0))


@pytest.fixture
def store() -> Iterator[Store]:
    with mock_aws():
        yield Store()


def refreshed(context: Mock, *names: str) -> dict[str, Any]:
    """What the workflow passes on: the tables as config read them at the start of the run."""
    items = config({"tables": list(names)} if names else {}, context)["tables"]
    return {"tables": [{"table_name": item["table_name"], "digest": item["digest"]} for item in items]}


def between_read_and_write(monkeypatch: pytest.MonkeyPatch, *edits: Callable[[], None]) -> None:
    """Runs one edit right before each of the function's first writes."""
    left = list(edits)
    write = parameters.write

    def edited(name: str, text: str) -> int:
        if left:
            left.pop(0)()
        return write(name, text)

    monkeypatch.setattr(parameters, "write", edited)


def without_flag(spec: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in spec.items() if key != "full_refresh"}


@pytest.mark.parametrize("wrap", [lambda tables: tables, lambda tables: {"note": "ours", "tables": tables}])
def test_the_flag_of_a_reloaded_table_goes_and_every_other_key_stays(
    store: Store, context: Mock, wrap: Callable[[Any], Any]
) -> None:
    store.put(LIST, wrap([ORDERS, ITEMS]))
    assert handler(refreshed(context, "public.orders"), context) == {"cleared": ["public.orders"]}
    assert store.get(LIST) == wrap([without_flag(ORDERS), ITEMS])


def test_the_flag_in_a_tables_own_parameter_goes(store: Store, context: Mock) -> None:
    store.put(LIST, [without_flag(ORDERS), ITEMS])
    store.put(OWN, {"full_refresh": True, "primary_key": "id"})
    handler(refreshed(context, "public.orders"), context)
    assert store.get(OWN) == {"primary_key": "id"}
    assert (store.get(LIST), store.version(LIST)) == ([without_flag(ORDERS), ITEMS], 1)


def test_a_flag_in_both_places_goes_from_both(store: Store, context: Mock) -> None:
    store.put(LIST, [ORDERS])
    store.put(OWN, {"full_refresh": True})
    handler(refreshed(context), context)
    assert (store.get(LIST), store.get(OWN)) == ([without_flag(ORDERS)], {})


def test_a_table_edited_since_the_run_began_keeps_its_flag(store: Store, context: Mock) -> None:
    store.put(LIST, [ORDERS, ITEMS])
    event = refreshed(context)
    store.put(LIST, [{**ORDERS, "watermark_col": "changed_at"}, ITEMS])
    assert handler(event, context) == {"cleared": ["public.items"]}
    assert store.get(LIST) == [{**ORDERS, "watermark_col": "changed_at"}, without_flag(ITEMS)]


def test_a_table_removed_since_the_run_began_is_not_written_back(store: Store, context: Mock) -> None:
    store.put(LIST, [ORDERS, ITEMS])
    event = refreshed(context)
    store.put(LIST, [ITEMS])
    assert handler(event, context) == {"cleared": ["public.items"]}
    assert store.get(LIST) == [without_flag(ITEMS)]


def test_a_flag_that_another_tables_run_brings_back_goes_again(
    store: Store, context: Mock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two runs read the list at once, and the other one's write is made of what it read."""
    store.put(LIST, [ORDERS, ITEMS])
    stale = [[ORDERS, without_flag(ITEMS)]]
    monkeypatch.setattr(clear.time, "sleep", lambda _: store.put(LIST, stale.pop()) if stale else None)
    handler(refreshed(context, "public.orders"), context)
    assert store.get(LIST) == [without_flag(ORDERS), without_flag(ITEMS)]


def test_a_flag_that_comes_back_for_ever_is_told(store: Store, context: Mock, monkeypatch: pytest.MonkeyPatch) -> None:
    store.put(LIST, [ORDERS])
    monkeypatch.setattr(clear.time, "sleep", lambda _: store.put(LIST, [ORDERS]))
    with pytest.raises(ParametersUnavailable, match=r"^public.orders: .*remove it by hand"):
        handler(refreshed(context, "public.orders"), context)


def test_a_second_call_writes_nothing(store: Store, context: Mock) -> None:
    store.put(LIST, [ORDERS])
    event = refreshed(context)
    handler(event, context)
    assert handler(event, context) == {"cleared": []}
    assert store.version(LIST) == 2


def test_an_edit_of_another_table_between_read_and_write_is_kept(
    store: Store, context: Mock, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.put(LIST, [ORDERS])
    event = refreshed(context)
    between_read_and_write(monkeypatch, lambda: store.put(LIST, [ORDERS, ITEMS]))
    handler(event, context)
    assert store.get(LIST) == [without_flag(ORDERS), ITEMS]


def test_an_edit_of_the_same_table_between_read_and_write_keeps_edit_and_flag(
    store: Store, context: Mock, monkeypatch: pytest.MonkeyPatch
) -> None:
    edited = [{**ORDERS, "watermark_col": "changed_at"}]
    store.put(LIST, [ORDERS])
    event = refreshed(context)
    between_read_and_write(monkeypatch, lambda: store.put(LIST, edited))
    handler(event, context)
    assert store.get(LIST) == edited


@pytest.mark.parametrize(
    "theirs", ["[", "[]", '{"tables": 5}', '[{"table_name": "public.orders", "watermark_col": "updated_at"}]']
)
def test_an_edit_that_leaves_nothing_to_clear_is_written_back_as_it_was(
    store: Store, context: Mock, monkeypatch: pytest.MonkeyPatch, theirs: str
) -> None:
    store.put(LIST, [ORDERS])
    event = refreshed(context)
    between_read_and_write(monkeypatch, lambda: store.put(LIST, theirs))
    handler(event, context)
    assert store.text(LIST) == theirs


def test_several_edits_in_a_row_end_with_the_last_one(
    store: Store, context: Mock, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.put(LIST, [ORDERS])
    event = refreshed(context)
    third = [ORDERS, ITEMS, {**ITEMS, "table_name": "public.third"}]
    between_read_and_write(
        monkeypatch,
        lambda: store.put(LIST, [ORDERS, ITEMS]),
        lambda: store.put(LIST, third[:1]),
        lambda: store.put(LIST, third),
    )
    handler(event, context)
    assert store.get(LIST) == [without_flag(ORDERS), *third[1:]]


def test_a_parameter_at_its_size_limit_does_not_grow(store: Store, context: Mock) -> None:
    tables = [{**ITEMS, "table_name": f"public.tæble_{number:03d}"} for number in range(40)]
    text = json.dumps(tables, separators=(",", ":"), ensure_ascii=False)
    store.put(LIST, text)
    assert 3000 < len(text) <= 4096
    handler(refreshed(context, "public.tæble_007"), context)
    assert len(store.text(LIST)) < len(text)
    assert [spec["table_name"] for spec in store.get(LIST) if "full_refresh" not in spec] == ["public.tæble_007"]


def test_an_indented_parameter_stays_readable(store: Store, context: Mock) -> None:
    store.put(LIST, json.dumps([ORDERS, ITEMS], indent=2))
    handler(refreshed(context, "public.orders"), context)
    assert store.text(LIST) == json.dumps([without_flag(ORDERS), ITEMS], indent=2)


def test_a_list_of_more_than_four_kilobytes_can_be_written_again(
    store: Store, context: Mock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Parameter Store refuses to make an advanced parameter a standard one, which a write without a tier asks for."""
    tables = [{**ITEMS, "table_name": f"public.table_{number:03d}"} for number in range(80)]
    store.ssm.put_parameter(Name=LIST, Value=json.dumps(tables), Type="String", Tier="Advanced")
    assert len(store.text(LIST)) > 4096
    written = Mock(side_effect=parameters._ssm().put_parameter)
    monkeypatch.setattr(parameters._ssm(), "put_parameter", written)
    handler(refreshed(context, "public.table_007"), context)
    assert {call.kwargs["Tier"] for call in written.mock_calls} == {"Intelligent-Tiering"}
    assert [spec["table_name"] for spec in store.get(LIST) if "full_refresh" not in spec] == ["public.table_007"]


def test_a_secret_parameter_stays_secret(store: Store, context: Mock) -> None:
    store.ssm.put_parameter(
        Name=OWN, Value=json.dumps(without_flag(ORDERS) | {"full_refresh": True}), Type="SecureString"
    )
    handler(refreshed(context), context)
    found = store.ssm.get_parameter(Name=OWN, WithDecryption=True)["Parameter"]
    assert (found["Type"], json.loads(found["Value"])) == ("SecureString", without_flag(ORDERS))
