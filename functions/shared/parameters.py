"""Table specifications in AWS Systems Manager Parameter Store."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import boto3

if TYPE_CHECKING:
    from mypy_boto3_ssm import SSMClient


@dataclass(frozen=True)
class Parameter:
    """One parameter: its full name, text and version."""

    name: str
    value: str
    version: int

    def parse(self) -> Any:
        """Its JSON value. Raises json.JSONDecodeError."""
        return json.loads(self.value)


@cache
def _ssm() -> "SSMClient":
    return boto3.client("ssm")


def read_tables(prefix: str) -> Iterator[Parameter]:
    """`<prefix>/tables` and everything below it, the list first."""
    names = f"{prefix}/tables"
    listed = _ssm().get_parameters(Names=[names], WithDecryption=True)
    yield from (Parameter(item["Name"], item["Value"], item["Version"]) for item in listed["Parameters"])
    pages = _ssm().get_paginator("get_parameters_by_path").paginate(Path=names, Recursive=True, WithDecryption=True)
    for page in pages:
        yield from (Parameter(item["Name"], item["Value"], item["Version"]) for item in page["Parameters"])


def write(name: str, text: str) -> int:
    """Replaces a parameter's text, of whichever tier, and returns its new version."""
    return _ssm().put_parameter(Name=name, Value=text, Overwrite=True, Tier="Intelligent-Tiering")["Version"]


def previous(name: str, version: int) -> str:
    """The text that `name` had at `version`."""
    return _ssm().get_parameter(Name=f"{name}:{version}", WithDecryption=True)["Parameter"]["Value"]
