"""The list of metrics is what the functions write, and what the documentation names."""

import ast
from collections import defaultdict
from pathlib import Path

from functions.shared.ground.metrics import METRICS

ROOT = Path(__file__).resolve().parents[4]
WRITERS = {"count", "seconds", "verdict"}


def written(folder: Path) -> set[str]:
    """The metrics that the modules of a folder write by name."""
    nodes = [node for file in folder.glob("*.py") for node in ast.walk(ast.parse(file.read_text()))]
    calls = [node for node in nodes if isinstance(node, ast.Call) and ast.unparse(node.func) in WRITERS and node.args]
    names = [call.args[0].value for call in calls if isinstance(call.args[0], ast.Constant)]
    return {name for name in names if isinstance(name, str)}


def test_each_step_writes_the_metrics_that_are_listed_for_it() -> None:
    listed: dict[str, set[str]] = defaultdict(set)
    for metric in METRICS:
        for name in metric.steps:
            listed[name].add(metric.name)
    by_step = {file.parent.name: written(file.parent) for file in (ROOT / "functions").glob("*/handler.py")}
    staleness = written(ROOT / "functions" / "shared" / "ground")
    assert staleness == {"Staleness", "Stale"}
    for name in ("watermark", "reconcile"):
        assert "emit_staleness(" in (ROOT / "functions" / name / "handler.py").read_text()
        by_step[name] |= staleness
    assert {name: found for name, found in by_step.items() if found} == listed


def test_the_documentation_has_a_row_for_each_metric() -> None:
    page = (ROOT / "docs" / "operate.md").read_text()
    rows = [
        f"| `{metric.name}` | {', '.join(f'`{name}`' for name in metric.steps)} | {metric.unit} | {metric.meaning} |"
        for metric in METRICS
    ]
    assert [row for row in rows if row not in page] == []
