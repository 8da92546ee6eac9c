"""Deploys a cloud assembly onto the laptop's AWS by CloudFormation's API, which is faster than the CDK."""

import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from local.aws.server import Aws
from local.cloud.assets import publish, template_url

_BOOTSTRAP_VERSION = "/cdk-bootstrap/hnb659fds/version"
_CAPABILITIES = ["CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"]


class DeploymentFailed(RuntimeError):
    """CloudFormation refused the stack; the message lists the resources that failed and why."""


def deploy(aws: Aws, assembly: Path, stack_name: str, zip_cache: Path, seconds: float = 120) -> dict[str, str]:
    """Creates the stack, or updates it to the assembly; returns its outputs."""
    _pretend_bootstrap(aws.client("ssm"))
    publish(aws, assembly, zip_cache)
    cloudformation = aws.client("cloudformation")
    stack = {
        "StackName": stack_name,
        "TemplateURL": template_url(aws, assembly),
        "Capabilities": _CAPABILITIES,
    }
    if _describe(cloudformation, stack_name) is None:
        cloudformation.create_stack(**stack)
    else:
        try:
            cloudformation.update_stack(**stack)
        except ClientError as error:
            if "No updates are to be performed" not in str(error):
                raise
    return _outputs_when_complete(cloudformation, stack_name, seconds)


def _pretend_bootstrap(ssm: Any) -> None:
    """Writes the parameter by which a template checks for cdk bootstrap."""
    with suppress(ssm.exceptions.ParameterAlreadyExists):
        ssm.put_parameter(Name=_BOOTSTRAP_VERSION, Value="30", Type="String")


def _describe(cloudformation: Any, stack_name: str) -> dict[str, Any] | None:
    try:
        return dict(cloudformation.describe_stacks(StackName=stack_name)["Stacks"][0])
    except ClientError as error:
        if "does not exist" in str(error):
            return None
        raise


def _outputs_when_complete(cloudformation: Any, stack_name: str, seconds: float) -> dict[str, str]:
    deadline = time.monotonic() + seconds
    while (stack := _describe(cloudformation, stack_name)) and stack["StackStatus"].endswith("_IN_PROGRESS"):
        if time.monotonic() > deadline:
            raise DeploymentFailed(f"The stack {stack_name} is still {stack['StackStatus']} after {seconds:.0f} s.")
        time.sleep(0.1)
    if stack is None or stack["StackStatus"] not in ("CREATE_COMPLETE", "UPDATE_COMPLETE"):
        events = cloudformation.describe_stack_events(StackName=stack_name)["StackEvents"]
        reasons = [
            f"{event['LogicalResourceId']}: {event.get('ResourceStatusReason', 'no reason given')}"
            for event in reversed(events)
            if event["ResourceStatus"].endswith("_FAILED")
        ]
        cause = "\n".join(reasons) or (stack or {}).get("StackStatusReason", "")
        raise DeploymentFailed(f"The stack {stack_name} ended {stack['StackStatus'] if stack else 'deleted'}.\n{cause}")
    return {output["OutputKey"]: output["OutputValue"] for output in stack.get("Outputs", [])}
