"""The template is synthesized when something it is made of changed, and only then."""

from pathlib import Path

import pytest

from local.cloud.synth import SynthesisFailed, synthesize

APP = """
import os, pathlib
runs = pathlib.Path("runs")
runs.write_text(runs.read_text() + "x" if runs.exists() else "x")
(pathlib.Path(os.environ["CDK_OUTDIR"]) / "context").write_text(os.environ["CDK_CONTEXT_JSON"])
"""


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    (tmp_path / "app.py").write_text(APP)
    (tmp_path / "cdk.json").write_text('{"context": {"kept": 1, "changed": 1}}')
    for name in ("infra", "functions", "snowflake", "statemachine"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "file").write_text(name)
    return tmp_path


def runs(repository: Path) -> int:
    return len((repository / "runs").read_text())


def test_the_given_context_wins_over_the_files(repository: Path) -> None:
    made = synthesize(repository, repository / ".build", {"changed": 2})
    assert (made / "context").read_text() == '{"kept": 1, "changed": 2}'


def test_unchanged_inputs_are_not_synthesized_again(repository: Path) -> None:
    first = synthesize(repository, repository / ".build", {"a": 1})
    (repository / "functions" / "__pycache__").mkdir()
    (repository / "functions" / "__pycache__" / "x.pyc").touch()
    assert synthesize(repository, repository / ".build", {"a": 1}) == first
    assert runs(repository) == 1


@pytest.mark.parametrize("changed", ["app.py", "infra/file", "functions/new", "snowflake/file", "statemachine/file"])
def test_a_changed_input_is_synthesized_again(repository: Path, changed: str) -> None:
    synthesize(repository, repository / ".build", {})
    with (repository / changed).open("a") as file:
        file.write("\n# changed")
    synthesize(repository, repository / ".build", {})
    assert runs(repository) == 2


def test_another_context_is_synthesized_again(repository: Path) -> None:
    assert synthesize(repository, repository / ".build", {"a": 1}) != synthesize(repository, repository / ".build", {})


def test_a_failing_app_is_told_with_its_output_and_leaves_nothing(repository: Path) -> None:
    (repository / "app.py").write_text("raise SystemExit('schedule must be a cron expression')")
    with pytest.raises(SynthesisFailed, match="schedule must be a cron expression"):
        synthesize(repository, repository / ".build", {})
    assert list((repository / ".build" / "assemblies").iterdir()) == []
