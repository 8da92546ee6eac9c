"""Deploys onto the laptop's AWS by the CDK's command line, with the commands that deploy onto AWS."""

import json
import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from infra.package import cdk_cli as cli
from local.aws.server import ACCOUNT, Aws
from local.cloud.deploy import DeploymentFailed
from local.processes import log_of

_DEPLOYER = "deployer"
_BOOTSTRAP_STACK = "CDKToolkit"
# All that a user of a bootstrapped account needs: the roles made by the bootstrap do the rest.
_MAY_ASSUME = {"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": f"arn:aws:iam::{ACCOUNT}:role/cdk-*"}
_TAIL_CHARACTERS = 4000
_SECONDS = 900


@dataclass(frozen=True)
class Deployed:
    """The stack's outputs; ``changed`` is false where the command line found no changes."""

    outputs: dict[str, str]
    changed: bool


@dataclass(frozen=True)
class Cdk:
    """The command line for one stack of ``repository``, as ``aws``'s user and with a context.

    Everything that it writes goes to ``<home>/cdk`` and ``<home>/logs/cdk.log``.
    """

    repository: Path
    home: Path
    aws: Aws
    stack_name: str
    context: Mapping[str, Any]

    def deploy(self, *options: str) -> Deployed:
        """``cdk deploy``. Raises DeploymentFailed."""
        outputs = self._folder / "outputs.json"
        outputs.unlink(missing_ok=True)
        printed = self.run(
            "deploy", self.stack_name, "--require-approval", "never", "--outputs-file", str(outputs), *options
        )
        changed = f"{self.stack_name} (no changes)" not in printed
        return Deployed(json.loads(outputs.read_text())[self.stack_name], changed)

    def diff(self) -> str:
        """What ``cdk diff`` prints. Raises DeploymentFailed."""
        return self.run("diff", self.stack_name)

    def destroy(self, *options: str) -> None:
        """``cdk destroy``. Raises DeploymentFailed."""
        self.run("destroy", self.stack_name, "--force", *options)

    @property
    def as_synthesized(self) -> tuple[str, str]:
        """The options of a command that takes the last command's assembly instead of synthesizing one."""
        return "--app", str(self._assembly)

    def run(self, *arguments: str) -> str:
        """Any command; returns all that it printed; its own context wins. Raises DeploymentFailed when it fails."""
        self._folder.mkdir(parents=True, exist_ok=True)
        context = [part for name, value in self.context.items() for part in ("--context", f"{name}={_text(value)}")]
        # --ci: what is no error goes to stdout, without colours
        general = ["--ci", "--no-notices", "--output", str(self._assembly), *context]
        ran = subprocess.run(
            cli.command([*general, *arguments]),
            cwd=self.repository,
            env=cli.environment(self._environment()),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=_SECONDS,
            check=False,
        )
        with log_of(self.home, "cdk").open("a") as log:
            log.write(f"$ cdk {' '.join(arguments)}\n{ran.stdout}\n")
        if ran.returncode:
            raise DeploymentFailed(
                f"cdk {arguments[0]} failed with status {ran.returncode}.\n{ran.stdout[-_TAIL_CHARACTERS:]}"
            )
        return ran.stdout

    @property
    def _folder(self) -> Path:
        return self.home / "cdk"

    @property
    def _assembly(self) -> Path:
        return self._folder / "out"

    def _environment(self) -> dict[str, str]:
        """The caller's environment without its AWS keys, profiles and endpoints, and with the laptop's."""
        foreign = ("AWS_", "CDK_", "JSII_")
        inherited = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
        return {
            **inherited,
            "AWS_ENDPOINT_URL": self.aws.endpoint_url,
            "AWS_REGION": self.aws.region,
            "AWS_ACCESS_KEY_ID": self.aws.access_key_id,
            "AWS_SECRET_ACCESS_KEY": self.aws.secret_access_key,
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "AWS_EC2_METADATA_DISABLED": "true",
            "CDK_HOME": str(self._folder / "home"),
            "CDK_DISABLE_CLI_TELEMETRY": "true",
            "CDK_DISABLE_VERSION_CHECK": "true",
            "NO_PROXY": "127.0.0.1",
            "PYTHONDONTWRITEBYTECODE": "1",
        }


def bootstrap(administrator: Cdk) -> None:
    """Makes the bucket and the roles of ``cdk bootstrap``.

    Raises DeploymentFailed, also where the stack was deployed without the CDK, which left a bucket of the same name.
    """
    aws = administrator.aws
    if _exists(aws, administrator.stack_name) and not _exists(aws, _BOOTSTRAP_STACK):
        raise DeploymentFailed(
            f"The stack {administrator.stack_name} was deployed without the CDK: "
            "run python -m local down, then start again."
        )
    administrator.run("bootstrap", f"aws://{ACCOUNT}/{aws.region}")


def as_deployer(administrator: Cdk) -> Cdk:
    """The command line as a user who may assume the roles of the bootstrap, and nothing else."""
    iam = administrator.aws.client("iam")
    try:
        iam.create_user(UserName=_DEPLOYER)
    except iam.exceptions.EntityAlreadyExistsException:
        for known in iam.list_access_keys(UserName=_DEPLOYER)["AccessKeyMetadata"]:
            iam.delete_access_key(UserName=_DEPLOYER, AccessKeyId=known["AccessKeyId"])
    policy = json.dumps({"Version": "2012-10-17", "Statement": [_MAY_ASSUME]})
    iam.put_user_policy(UserName=_DEPLOYER, PolicyName="deploy", PolicyDocument=policy)
    key = iam.create_access_key(UserName=_DEPLOYER)["AccessKey"]
    keys = {"access_key_id": key["AccessKeyId"], "secret_access_key": key["SecretAccessKey"]}
    return replace(administrator, aws=replace(administrator.aws, **keys))


def _exists(aws: Aws, stack_name: str) -> bool:
    try:
        aws.client("cloudformation").describe_stacks(StackName=stack_name)
    except ClientError as error:
        if "does not exist" in str(error):
            return False
        raise
    return True


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)
