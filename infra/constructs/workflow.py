"""The state machine: its definition is a file, its permissions are written out here."""

from collections.abc import Mapping
from pathlib import Path

from aws_cdk import ArnFormat, Aws, RemovalPolicy, Stack
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sqs as sqs
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from infra.constructs.definition import as_json
from infra.constructs.names import workflow_role
from infra.constructs.retention import log_group
from infra.settings.settings import Settings


class SyncWorkflow(Construct):
    """The state machine that runs one isolated branch per table."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        settings: Settings,
        definition: Path,
        functions: Mapping[str, lambda_.IFunction],
        dead_letters: sqs.IQueue,
        topic: sns.ITopic,
        topic_key: kms.IKey,
    ) -> None:
        super().__init__(scope, construct_id)
        self._name = settings.stack_name
        # Not a row in Snowflake: taking a lease must neither wake a warehouse nor wait for another table's.
        leases = dynamodb.Table(
            self,
            "Leases",
            table_name=f"{self._name}-leases",
            partition_key=dynamodb.Attribute(name="table_name", type=dynamodb.AttributeType.STRING),
            billing_mode=dynamodb.BillingMode.PAY_PER_REQUEST,
            # A lease whose holder does not run counts for nothing.
            removal_policy=RemovalPolicy.DESTROY,
        )
        arns = {name: function.function_arn for name, function in functions.items()}
        # CloudWatch allows deliveries to this prefix without a resource policy that grows with each state machine.
        group = log_group(self, "Logs", name=f"/aws/vendedlogs/states/{self._name}", settings=settings)
        self.state_machine = sfn.StateMachine(
            self,
            "StateMachine",
            state_machine_name=self._name,
            state_machine_type=sfn.StateMachineType.STANDARD,
            definition_body=sfn.DefinitionBody.from_string(as_json(definition)),
            definition_substitutions={
                **arns,
                "DeadLetterQueueUrl": dead_letters.queue_url,
                "TopicArn": topic.topic_arn,
                "LeaseTable": leases.table_name,
                "MaxConcurrency": str(settings.max_concurrency),
            },
            role=self._role(settings, self._steps(list(arns.values()), dead_letters, topic, topic_key, leases)),
            tracing_enabled=settings.tracing,
            # Without execution data: a table's bounds can hold values of its rows.
            logs=sfn.LogOptions(destination=group, level=sfn.LogLevel.ALL, include_execution_data=False),
        )

    def _steps(
        self,
        function_arns: list[str],
        dead_letters: sqs.IQueue,
        topic: sns.ITopic,
        topic_key: kms.IKey,
        leases: dynamodb.ITable,
    ) -> list[iam.PolicyStatement]:
        allow = iam.PolicyStatement
        return [
            allow(actions=["lambda:InvokeFunction"], resources=function_arns),
            allow(actions=["sqs:SendMessage"], resources=[dead_letters.queue_arn]),
            allow(actions=["sns:Publish"], resources=[topic.topic_arn]),
            allow(actions=["kms:Decrypt", "kms:GenerateDataKey"], resources=[topic_key.key_arn]),
            allow(
                actions=["dynamodb:DeleteItem", "dynamodb:GetItem", "dynamodb:UpdateItem"],
                resources=[leases.table_arn],
            ),
        ]

    def _role(self, settings: Settings, steps: list[iam.PolicyStatement]) -> iam.Role:
        allow = iam.PolicyStatement
        # A Distributed Map starts each child as an execution of this state machine; ARNs are made from its name because
        # the state machine itself depends on this role.
        children = [
            allow(actions=["states:StartExecution"], resources=[self._arn("stateMachine", self._name)]),
            allow(
                actions=["states:DescribeExecution", "states:StopExecution"],
                resources=[self._arn("execution", f"{self._name}:*"), self._arn("execution", f"{self._name}/*")],
            ),
            allow(actions=["states:RedriveExecution"], resources=[self._arn("execution", f"{self._name}/*")]),
        ]
        return iam.Role(
            self,
            "Role",
            role_name=workflow_role(settings),
            # The conditions keep other state machines, of this account too, from borrowing the role.
            assumed_by=iam.ServicePrincipal(
                "states.amazonaws.com",
                conditions={
                    "StringEquals": {"aws:SourceAccount": Aws.ACCOUNT_ID},
                    "ArnLike": {"aws:SourceArn": self._arn("stateMachine", f"{self._name}*")},
                },
            ),
            inline_policies={
                "steps": iam.PolicyDocument(statements=steps),
                "children": iam.PolicyDocument(statements=children),
            },
        )

    def _arn(self, resource: str, name: str) -> str:
        return Stack.of(self).format_arn(
            service="states", resource=resource, resource_name=name, arn_format=ArnFormat.COLON_RESOURCE_NAME
        )
