"""The demonstration, with a heading for each step."""

import json
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.live import Live
from rich.panel import Panel

from local import endpoints
from local.cloud import lifecycle as cloud
from local.demo.shop import BREAK, MEND, SPECS, Shop
from local.demo.verdict import Verdict, verdict_table
from local.endpoints import Endpoints
from operate.compare import compare
from operate.progress import outcome_lines, progress_table
from operate.runs import Outcome, Workflow


class DemoFailed(RuntimeError):
    """A step had another result than it must have."""


class Demo:
    """One demonstration on a running laptop cloud."""

    def __init__(self, known: Endpoints, console: Console) -> None:
        self._known = known
        self._console = console
        self._aws = endpoints.aws_of(known)
        self._workflow = Workflow(self._aws.client("stepfunctions"), known["state_machine_arn"])
        self._shop = Shop(known["postgres"]["dsn"])
        self._runs: list[Outcome] = []

    def play(self) -> list[Verdict]:
        """Runs all steps; returns whether each table is identical at the end. Raises DemoFailed."""
        self._act("Fill Aurora and configure its tables")
        self._shop.fill()
        self._configure()
        self._act("First sync: every table is new")
        self._sync(expect="SUCCEEDED")
        self._act("Second sync: the shop changes, products get a column more, and pgbench writes all the while")
        with self._shop.under_load():
            self._shop.change()
            self._sync(expect="SUCCEEDED")
        self._act(f"Third sync: one table is broken on purpose ({BREAK})")
        self._shop.execute(f"{BREAK}; UPDATE shop.invoices SET updated_at = now() WHERE id = 1")
        broken = self._sync(expect="FAILED")
        self._show_dead_letter()
        self._act(f"The cause is mended ({MEND}) and the failed execution redriven: only that table runs")
        self._shop.execute(MEND)
        self._workflow.redrive(broken.execution_arn)
        redriven = self._follow(broken.execution_arn, expect="SUCCEEDED")
        ran = [one["table_name"] for one in redriven.tables]
        self._require(ran == ["shop.invoices"], f"the redrive ran {ran}")
        self._act("Last sync: nothing changed, so nothing is exported, loaded or merged")
        idle = self._sync(expect="SUCCEEDED")
        self._require(all(one["status"] == "IDLE" for one in idle.tables), "a table without changes was not idle")
        self._act("Every row and column of both sides, compared")
        return [self._verdict(spec) for spec in SPECS]

    def _act(self, title: str) -> None:
        self._console.print(f"\n[bold]{title}[/]", highlight=False)

    def _configure(self) -> None:
        name = f"{self._known['parameter_prefix']}/tables"
        self._aws.client("ssm").put_parameter(Name=name, Value=json.dumps(SPECS), Type="String", Overwrite=True)

    def _sync(self, expect: str) -> Outcome:
        return self._follow(self._workflow.start(), expect)

    def _follow(self, arn: str, expect: str) -> Outcome:
        with Live(progress_table([]), console=self._console, transient=True) as live:
            outcome = self._workflow.follow(arn, lambda seen: live.update(progress_table(seen)))
        self._runs.append(outcome)
        self._console.print(*outcome_lines(outcome), sep="\n", markup=False, highlight=False, soft_wrap=True)
        self._require(outcome.status == expect, f"the execution ended {outcome.status}, not {expect}")
        return outcome

    def _show_dead_letter(self) -> None:
        queue = self._aws.client("sqs")
        url = self._known["dead_letter_queue_url"]
        letters = queue.receive_message(QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=2).get("Messages", [])
        self._require(len(letters) == 1, f"{len(letters)} dead letters, not one")
        letter = json.loads(letters[0]["Body"])
        self._console.print(Panel(json.dumps(letter, indent=2), title="The dead letter", expand=False), highlight=False)
        self._require(letter["rerun_input"] == {"tables": ["shop.invoices"]}, "the dead letter re-runs another table")
        queue.delete_message(QueueUrl=url, ReceiptHandle=letters[0]["ReceiptHandle"])

    def _verdict(self, spec: dict[str, Any]) -> Verdict:
        name = str(spec["table_name"])
        results = [one for run in self._runs for one in run.tables if one["table_name"] == name]
        schema, table = name.split(".")
        snowflake, dsn = self._known["snowflake"], self._known["postgres"]["dsn"]
        return Verdict(results, compare(dsn, snowflake, schema, table, results[0]["target"]))

    @staticmethod
    def _require(held: bool, otherwise: str) -> None:
        if not held:
            raise DemoFailed(otherwise)


def play(home: Path, console: Console) -> bool:
    """Runs the demonstration on a new laptop cloud, then stops it; returns whether every table is identical."""
    cloud.down(home)
    try:
        known = cloud.up(home, lambda line: console.print(f"[green]✓[/] {line}", highlight=False))
        verdicts = Demo(known, console).play()
    finally:
        cloud.down(home)
    console.print(verdict_table(verdicts))
    return all(verdict.comparison.identical for verdict in verdicts)
