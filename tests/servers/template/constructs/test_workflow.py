import json

from infra.constructs.definition import load
from tests.support.synthesis import Synthesized, synthesize_stack


def test_the_definition_is_the_file_itself(stack: Synthesized) -> None:
    [machine] = stack.of_type("AWS::StepFunctions::StateMachine")
    definition = json.loads(machine["DefinitionString"])
    assert definition == load()
    assert definition["QueryLanguage"] == "JSONata"


def test_the_definition_has_only_fields_of_the_states_language(stack: Synthesized) -> None:
    [machine] = stack.of_type("AWS::StepFunctions::StateMachine")
    fields = json.loads(machine["DefinitionString"]).keys()
    assert fields == {"Comment", "QueryLanguage", "TimeoutSeconds", "StartAt", "States"}


def test_the_machine_is_standard_and_bears_the_name_of_the_stack(stack: Synthesized) -> None:
    [machine] = stack.of_type("AWS::StepFunctions::StateMachine")
    assert (machine["StateMachineType"], machine["StateMachineName"]) == ("STANDARD", "aurora-snowflake-sync")
    assert stack.text(machine["RoleArn"]) == "arn of aurora-snowflake-sync-workflow"


def test_each_step_is_logged_without_its_data(stack: Synthesized) -> None:
    [machine] = stack.of_type("AWS::StepFunctions::StateMachine")
    logging = machine["LoggingConfiguration"]
    assert (logging["Level"], logging["IncludeExecutionData"]) == ("ALL", False)
    [destination] = logging["Destinations"]
    group = stack.text(destination["CloudWatchLogsLogGroup"]["LogGroupArn"])
    assert group == "arn of /aws/vendedlogs/states/aurora-snowflake-sync"


def test_executions_are_traced(stack: Synthesized) -> None:
    [machine] = stack.of_type("AWS::StepFunctions::StateMachine")
    assert machine["TracingConfiguration"] == {"Enabled": True}


def test_leases_are_paid_per_request_and_go_with_the_stack(stack: Synthesized) -> None:
    [found] = [one for one in stack.resources.values() if one["Type"] == "AWS::DynamoDB::Table"]
    table = found["Properties"]
    assert (table["TableName"], table["BillingMode"]) == ("aurora-snowflake-sync-leases", "PAY_PER_REQUEST")
    assert table["KeySchema"] == [{"AttributeName": "table_name", "KeyType": "HASH"}]
    assert table.keys().isdisjoint({"StreamSpecification", "TimeToLiveSpecification"})
    assert found["DeletionPolicy"] == "Delete"


def test_the_definition_gets_arns_urls_and_the_concurrency() -> None:
    stack = synthesize_stack(max_concurrency=7)
    [machine] = stack.of_type("AWS::StepFunctions::StateMachine")
    given = {name: stack.text(value) for name, value in machine["DefinitionSubstitutions"].items()}
    assert given == {
        "ConfigFunction": "arn of aurora-snowflake-sync-config",
        "ProgressFunction": "arn of aurora-snowflake-sync-progress",
        "ReplayFunction": "arn of aurora-snowflake-sync-replay",
        "WatermarkFunction": "arn of aurora-snowflake-sync-watermark",
        "SchemaFunction": "arn of aurora-snowflake-sync-schema",
        "ExportFunction": "arn of aurora-snowflake-sync-export",
        "AwaitLoadFunction": "arn of aurora-snowflake-sync-await-load",
        "MergeFunction": "arn of aurora-snowflake-sync-merge",
        "ReconcileFunction": "arn of aurora-snowflake-sync-reconcile",
        "MaintainFunction": "arn of aurora-snowflake-sync-maintain",
        "ClearFullRefreshFunction": "arn of aurora-snowflake-sync-clear-full-refresh",
        "DeadLetterQueueUrl": "aurora-snowflake-sync-dead-letters",
        "TopicArn": "aurora-snowflake-sync-failures",
        "LeaseTable": "aurora-snowflake-sync-leases",
        "MaxConcurrency": "7",
    }
