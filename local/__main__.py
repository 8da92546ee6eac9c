"""``python -m local up | run | status | down | demo``: the laptop cloud's command line."""

import json
import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.live import Live

from local import endpoints, processes
from local.cloud import lifecycle as cloud
from local.cloud.cdk_deploy import as_deployer
from local.cloud.deploy import DeploymentFailed
from local.cloud.synth import SynthesisFailed
from local.demo.scenario import DemoFailed, play
from local.endpoints import NotUp
from operate.progress import outcome_lines, progress_table
from operate.runs import Workflow

app = typer.Typer(help="The whole pipeline on this machine.", no_args_is_help=True, add_completion=False)
progress = Console(stderr=True)

Home = Annotated[Path, typer.Option(help="Folder of this laptop cloud; another one runs beside it.")]
_DEFAULT_HOME = Path(".local")
_DEMO_HOME = _DEFAULT_HOME / "demo"
_VERDICT_WIDTH = 132
_NOT_UP = (processes.StartFailed, SynthesisFailed, DeploymentFailed)


@app.command()
def up(
    home: Home = _DEFAULT_HOME,
    by_cdk: Annotated[bool, typer.Option("--cdk", help="Deploy by cdk bootstrap and cdk deploy.")] = False,
) -> None:
    """Start AWS, Aurora, Snowflake and Vault on loopback and deploy the stack."""
    try:
        cloud.up(home, lambda line: progress.print(f"[green]✓[/] {line}"), by_cdk=by_cdk)
    except _NOT_UP as failure:
        progress.print(f"The laptop cloud did not come up: {failure}", markup=False, style="red", soft_wrap=True)
        raise typer.Exit(1) from None
    progress.print(f"Up: {home / 'endpoints.json'} has the addresses.")


@app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def cdk(command: typer.Context, home: Home = _DEFAULT_HOME) -> None:
    """Run a command of the CDK, such as diff, against the laptop cloud."""
    try:
        sys.stdout.write(as_deployer(cloud.cdk_of(home)).run(*command.args))
    except (NotUp, DeploymentFailed) as failure:
        progress.print(str(failure), markup=False, style="red", soft_wrap=True)
        raise typer.Exit(1) from None


@app.command()
def run(
    tables: Annotated[
        list[str] | None, typer.Option(help="Only this table, such as public.orders; repeatable.")
    ] = None,
    replay: Annotated[bool, typer.Option("--replay", help="Apply what is in quarantine, and read nothing.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object instead of lines.")] = False,
    home: Home = _DEFAULT_HOME,
) -> None:
    """Run the workflow once and follow it; exits 0 if every table was loaded or idle."""
    try:
        known = endpoints.read(home)
    except NotUp as missing:
        progress.print(str(missing), markup=False, style="red", soft_wrap=True)
        raise typer.Exit(1) from None
    workflow = Workflow(endpoints.aws_of(known).client("stepfunctions"), known["state_machine_arn"])
    arn = workflow.start(tables or [], replay)
    with Live(progress_table([]), console=progress, transient=True) as live:
        outcome = workflow.follow(arn, lambda seen: live.update(progress_table(seen)))
    sys.stdout.write(json.dumps(outcome.as_json()) + "\n" if as_json else "\n".join(outcome_lines(outcome)) + "\n")
    raise typer.Exit(0 if outcome.succeeded else 1)


@app.command()
def status(home: Home = _DEFAULT_HOME) -> None:
    """List the processes that run."""
    names = processes.running(home)
    sys.stdout.write(f"Up in {home}: {', '.join(names)}.\n" if names else f"Nothing is up in {home}.\n")


@app.command()
def down(home: Home = _DEFAULT_HOME) -> None:
    """Stop everything and remove its data."""
    cloud.down(home)
    progress.print("Down.")


@app.command()
def demo(home: Home = _DEMO_HOME) -> None:
    """Run the demonstration on a new laptop cloud; exits 0 only if every table ends identical on both sides."""
    output = Console(width=max(Console().width, _VERDICT_WIDTH))
    try:
        identical = play(home, output)
    except (*_NOT_UP, DemoFailed) as failure:
        output.print(f"The demonstration failed: {failure}", markup=False, style="red", soft_wrap=True)
        raise typer.Exit(1) from None
    raise typer.Exit(0 if identical else 1)


if __name__ == "__main__":
    app()
