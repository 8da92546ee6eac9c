"""The adapter to Parameter Store, which holds the table specifications; raises the workflow's errors."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from functions.shared.access.refusals import REFUSED
from functions.shared.contract.specifications import Parameter
from functions.shared.ground.errors import AccessDenied, InvalidConfiguration, ParametersUnavailable

if TYPE_CHECKING:
    from mypy_boto3_ssm import SSMClient

_REFUSED = (*REFUSED, "InvalidKeyId")
_BUSY = ("Throttling", "RequestLimitExceeded", "TooManyUpdates", "InternalServerError", "ServiceUnavailable")


@cache
def _ssm() -> "SSMClient":
    return boto3.client("ssm")


def read_tables(prefix: str) -> list[Parameter]:
    """`<prefix>/tables` and everything below it, the list first.

    Raises AccessDenied or ParametersUnavailable, as do the functions below.
    """
    names = f"{prefix}/tables"
    with _translated(names):
        found = _ssm().get_parameters(Names=[names], WithDecryption=True)["Parameters"]
        pages = _ssm().get_paginator("get_parameters_by_path").paginate(Path=names, Recursive=True, WithDecryption=True)
        for page in pages:
            found += page["Parameters"]
    return [Parameter(item["Name"], item["Value"], item["Version"]) for item in found]


def write(name: str, text: str) -> int:
    """Replaces a parameter's text, of whichever tier, and returns its new version.

    Raises InvalidConfiguration where Parameter Store rejects the text.
    """
    with _translated(name):
        return _ssm().put_parameter(Name=name, Value=text, Overwrite=True, Tier="Intelligent-Tiering")["Version"]


def previous(name: str, version: int) -> str:
    """The text that `name` had at `version`. Raises InvalidConfiguration where it had none."""
    with _translated(name):
        return _ssm().get_parameter(Name=f"{name}:{version}", WithDecryption=True)["Parameter"]["Value"]


@contextmanager
def _translated(name: str) -> Iterator[None]:
    """Turns what AWS's client raises inside into the workflow's errors, each naming the parameter."""
    try:
        yield
    except ClientError as error:
        code = error.response["Error"]["Code"]
        if code.startswith(_REFUSED):
            raise AccessDenied(
                f"{name}: Parameter Store refused the function's role: {error}; grant it what is missing, also on the "
                "KMS key of a SecureString"
            ) from error
        if code.startswith(_BUSY):
            raise _unavailable(name, error) from error
        raise InvalidConfiguration(f"{name}: Parameter Store rejected it: {error}; correct the parameter") from error
    except BotoCoreError as error:
        raise _unavailable(name, error) from error


def _unavailable(name: str, error: Exception) -> ParametersUnavailable:
    return ParametersUnavailable(
        f"{name}: Parameter Store did not answer: {error}; if retries do not help, see AWS's health and the account's "
        "quota of Parameter Store, then run again"
    )
