"""Snowflake's SQL from the templates in `snowflake/`."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

# The output is SQL; callers quote every value with `quote` or `literal`.
_environment = Environment(
    loader=FileSystemLoader(Path(__file__).resolve().parents[3] / "snowflake"),
    undefined=StrictUndefined,
    autoescape=False,  # noqa: S701 -- HTML's escapes would corrupt SQL
)


def render(name: str, values: Mapping[str, Any]) -> str:
    """The template `name`, a path below `snowflake/`, with the values filled in."""
    return _environment.get_template(name).render(values).strip()


def statements(text: str) -> list[str]:
    """The statements of a rendered file: each ends with `;` at a line's end, and quoted names hold no line breaks."""
    parts = (part.strip().rstrip(";") for part in text.split(";\n"))
    return [part for part in parts if not all(line.startswith("--") for line in part.splitlines())]
