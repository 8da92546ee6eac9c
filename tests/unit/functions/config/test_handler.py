"""Config: Parameter Store to validated tables."""

import json
from collections.abc import Iterator
from typing import Any
from unittest.mock import Mock

import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

from functions.config.handler import handler
from functions.shared.access import cluster as cluster_access
from functions.shared.access import parameters
from functions.shared.contract.specifications import Parameter
from functions.shared.ground.errors import AccessDenied, InvalidConfiguration, SourceUnavailable
from functions.shared.ground.settings import settings

ORDERS = {"table_name": "public.orders", "watermark_col": "updated_at"}


@pytest.fixture
def ssm() -> Iterator[Any]:
    with mock_aws():
        yield parameters._ssm()


def put(ssm: Any, name: str, value: Any, kind: str = "String") -> None:
    text = value if isinstance(value, str) else json.dumps(value)
    ssm.put_parameter(Name=name, Value=text, Type=kind, Overwrite=True)


def tables(event: dict[str, Any], context: Mock) -> dict[str, dict[str, Any]]:
    return {item["table_name"]: item for item in handler(event, context)["tables"]}


def test_the_list_and_the_own_parameters_are_one_set_of_tables(ssm: Any, context: Mock) -> None:
    put(ssm, "/sync/tables", [ORDERS])
    put(ssm, "/sync/tables/public.orders", {"full_refresh": True})
    put(ssm, "/sync/tables/public.items", {"watermark_type": "xmin"})
    put(ssm, "/other/tables/public.secret", {"watermark_type": "xmin"})
    found = tables({}, context)
    assert {name: item["spec"] for name, item in found.items()} == {
        "public.orders": {**ORDERS, "full_refresh": True},
        "public.items": {"table_name": "public.items", "watermark_type": "xmin"},
    }


def test_more_own_parameters_than_one_page_are_all_read(ssm: Any, context: Mock) -> None:
    for number in range(25):
        put(ssm, f"/sync/tables/public.t{number}", {"watermark_type": "xmin"})
    assert len(tables({}, context)) == 25


def test_parameters_in_deeper_folders_and_secure_ones_are_read(ssm: Any, context: Mock) -> None:
    put(ssm, "/sync/tables/public.secure", {"watermark_type": "xmin"}, "SecureString")
    assert tables({}, context)["public.secure"]["spec"]["watermark_type"] == "xmin"


CLUSTER = {"DBClusterIdentifier": "shop", "Engine": "aurora-postgresql", "MasterUsername": "a"}


@pytest.fixture
def cluster(ssm: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The deployment names a cluster."""
    put(ssm, "/sync/tables", [ORDERS])
    arn = "arn:aws:rds:eu-central-1:123456789012:cluster:shop"
    named = settings().model_copy(update={"aurora_cluster_arn": arn})
    monkeypatch.setattr("functions.config.handler.settings", lambda: named)
    return cluster_access._rds()


def test_the_cluster_is_told_by_its_resource_id(cluster: Any, context: Mock) -> None:
    made = cluster.create_db_cluster(**CLUSTER, MasterUserPassword="0123456789")["DBCluster"]
    assert handler({}, context)["cluster"] == made["DbClusterResourceId"]


def test_a_deployment_that_names_no_cluster_asks_nobody(ssm: Any, context: Mock) -> None:
    put(ssm, "/sync/tables", [ORDERS])
    assert handler({}, context)["cluster"] == ""


def test_a_cluster_that_is_not_there_is_named(cluster: Any, context: Mock) -> None:
    with pytest.raises(SourceUnavailable, match=r"shop: there is no such cluster; .* set .* aurora_cluster_arn"):
        handler({}, context)


@pytest.mark.parametrize(
    ("code", "error"),
    [("AccessDenied", AccessDenied), ("Throttling", SourceUnavailable), ("InternalFailure", SourceUnavailable)],
)
def test_rds_that_does_not_answer_fails_the_execution(
    cluster: Any, context: Mock, monkeypatch: pytest.MonkeyPatch, code: str, error: type[Exception]
) -> None:
    """Nothing is guessed: rows could be missed."""
    refusal = ClientError({"Error": {"Code": code, "Message": "no"}}, "DescribeDBClusters")
    monkeypatch.setattr(cluster, "describe_db_clusters", Mock(side_effect=refusal))
    with pytest.raises(error, match="cluster:shop: RDS"):
        handler({}, context)


def test_a_broken_table_is_an_item_with_its_problem_beside_the_others(ssm: Any, context: Mock) -> None:
    put(ssm, "/sync/tables", [ORDERS, {"table_name": "public.items"}])
    found = tables({}, context)
    assert "problem" not in found["public.orders"]
    assert found["public.items"].keys() == {"table_name", "problem"}
    assert "watermark_col is missing" in found["public.items"]["problem"]


def test_the_input_narrows_the_tables(ssm: Any, context: Mock) -> None:
    put(ssm, "/sync/tables", [ORDERS, {"table_name": "public.items", "watermark_type": "xmin"}])
    assert list(tables({"tables": ["items"]}, context)) == ["public.items"]


def test_a_replay_is_passed_on_to_each_table_the_broken_ones_too(ssm: Any, context: Mock) -> None:
    put(ssm, "/sync/tables", [ORDERS, {"table_name": "public.items"}])
    result = handler({"replay": True}, context)
    assert result["replay"] is True
    assert [item["replay"] for item in result["tables"]] == [True, True]


@pytest.mark.parametrize("given", [{}, {"replay": False}])
def test_a_run_that_is_no_replay_says_so_once(ssm: Any, context: Mock, given: dict[str, Any]) -> None:
    put(ssm, "/sync/tables", [ORDERS])
    result = handler(given, context)
    assert result["replay"] is False
    assert "replay" not in result["tables"][0]


@pytest.mark.parametrize("value", ["true", 1, "yes", ["public.orders"]])
def test_a_replay_that_is_neither_true_nor_false_is_refused(ssm: Any, context: Mock, value: Any) -> None:
    """A slip must not sync what was to be replayed."""
    put(ssm, "/sync/tables", [ORDERS])
    with pytest.raises(InvalidConfiguration, match=r'"replay" is .*, which is neither true nor false'):
        handler({"replay": value}, context)


def test_a_wrong_input_is_refused(ssm: Any, context: Mock) -> None:
    put(ssm, "/sync/tables", [ORDERS])
    with pytest.raises(InvalidConfiguration, match=r"not a list of table names"):
        handler({"tables": "public.orders"}, context)


@pytest.mark.parametrize("value", [None, [], {"tables": []}])
def test_no_table_at_all_says_what_to_write_and_where(ssm: Any, context: Mock, value: Any) -> None:
    if value is not None:
        put(ssm, "/sync/tables", value)
    with pytest.raises(InvalidConfiguration, match=r'\[\{"table_name": .*\}\] into the parameter /sync/tables$'):
        handler({}, context)


def test_the_items_can_travel_through_the_workflow(ssm: Any, context: Mock) -> None:
    put(ssm, "/sync/tables", [ORDERS, 5])
    result = handler({}, context)
    assert json.loads(json.dumps(result)) == result


@pytest.mark.parametrize(("count", "brief"), [(10, False), (1200, True)])
def test_many_tables_have_brief_results(
    context: Mock, monkeypatch: pytest.MonkeyPatch, count: int, brief: bool
) -> None:
    monkeypatch.setattr("functions.config.handler.read_tables", lambda _: [many(count)])
    assert handler({}, context)["brief"] is brief


def test_more_tables_than_fit_are_told_with_the_number_that_fits(
    context: Mock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("functions.config.handler.read_tables", lambda _: [many(3000)])
    with pytest.raises(InvalidConfiguration, match=r"^3000 tables .* room for 252 KB, about \d+ of them: start exec"):
        handler({}, context)


def many(count: int) -> Parameter:
    specs = [{"table_name": f"commerce.orders_{one:05}", "watermark_col": "updated_at"} for one in range(count)]
    return Parameter("/sync/tables", json.dumps(specs), 1)


def test_maintenance_asks_for_no_table_and_no_cluster(ssm: Any, context: Mock) -> None:
    told = handler({"maintain": True}, context)
    assert (told["maintain"], told["tables"], told["replay"]) == (True, [], False)


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"maintain": "yes"}, "\"maintain\" is 'yes'"),
        ({"maintain": True, "tables": ["a.b"]}, '"tables" beside "maintain"'),
    ],
)
def test_maintenance_of_something_else_is_refused(
    ssm: Any, context: Mock, given: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(InvalidConfiguration, match=sentence):
        handler(given, context)
