"""cdk.json, which holds the deployment's settings, and the bootstrap's additions to it."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from infra.settings.settings import Settings

Context = dict[str, Any]

FILE = Path(__file__).resolve().parents[2] / "cdk.json"


def read(path: Path = FILE, overrides: Sequence[str] = ()) -> Context:
    """The context of a cdk.json, overridden by `-c KEY=VALUE` as cdk does it."""
    context: Context = json.loads(path.read_text(encoding="utf-8"))["context"]
    return context | dict(pair.partition("=")[::2] for pair in overrides)


def changes(context: Context, found: Mapping[str, str]) -> dict[str, str]:
    """The found values that the context lacks; raises SettingsError where one is not a valid setting."""
    changed = {key: value for key, value in found.items() if value and context.get(key) != value}
    Settings.from_context({**context, **changed})
    return changed


def write(path: Path, changed: Mapping[str, str]) -> None:
    """Puts the values into the file; every other line of it stays."""
    content = json.loads(path.read_text(encoding="utf-8"))
    content["context"].update(changed)
    new = path.with_suffix(".new")
    new.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    new.replace(path)
