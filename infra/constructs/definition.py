"""The state machine's definition as a deployment takes it; needs no aws_cdk, so that any test can read it."""

import json
import re
from pathlib import Path
from typing import Any

import yaml

FILE = Path(__file__).resolve().parents[2] / "statemachine" / "sync.asl.yaml"


def load(file: Path = FILE) -> dict[str, Any]:
    """The definition without its x- keys, which hold what several states share."""
    definition = yaml.safe_load(file.read_text())
    return {key: _one_line_each(value) for key, value in definition.items() if not key.startswith("x-")}


def as_json(file: Path = FILE) -> str:
    """The definition in JSON, the one form that CloudFormation's DefinitionString takes; indented for the console."""
    return json.dumps(load(file), indent=2, ensure_ascii=False)


def _one_line_each(value: Any) -> Any:
    """The value with each text on one line: the file breaks long expressions, which asl-validator does not accept."""
    if isinstance(value, dict):
        return {key: _one_line_each(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_one_line_each(inner) for inner in value]
    return re.sub(r"\s*\n\s*", " ", value) if isinstance(value, str) else value
