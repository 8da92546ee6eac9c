"""`python -m infra.snowflake.bootstrap --connection <name>`: see --help."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from infra.settings import context_file
from infra.settings.settings import Settings, SettingsError
from infra.settings.staging_names import login_role_arn
from infra.snowflake.account import AccountError, SnowflakeAccount
from infra.snowflake.bootstrap import report
from infra.snowflake.bootstrap.account import Account
from infra.snowflake.bootstrap.connection import connected
from infra.snowflake.bootstrap.errors import BootstrapError
from infra.snowflake.bootstrap.key_pair import keys_of, make_private_key, public_key, slot_for
from infra.snowflake.bootstrap.run import StatementOutcome, logins, retire_other_logins, run
from infra.snowflake.bootstrap.steps import next_steps, vault_command
from infra.snowflake.bootstrap.trust import Trust, in_bucket_region, read_trust, without_queue

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command()
def bootstrap(
    connection: Annotated[str, typer.Option(help="A connection of ~/.snowflake/connections.toml with ACCOUNTADMIN.")],
    key_file: Annotated[
        Path | None, typer.Option(help="The service user's RSA private key; made if it is not there.")
    ] = None,
    retire_other_key: Annotated[
        bool, typer.Option("--retire-other-key", help="Take away each login of the user that is not chosen.")
    ] = False,
    context: Annotated[
        list[str] | None, typer.Option("-c", "--context", metavar="KEY=VALUE", help="As cdk takes it.")
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show the statements that are left to run, and run none.")
    ] = False,
    settings_file: Annotated[Path, typer.Option(help="Where the settings are read and completed.")] = context_file.FILE,
    write: Annotated[bool, typer.Option(help="Complete the settings, or only show what they lack.")] = True,
) -> None:
    """Makes roles, service user, warehouse, integration, database and stage in Snowflake, and completes the settings.

    What is there already stays as it is, but for a setting that differs. Running it again changes nothing.
    """
    console, outcomes = Console(), list[StatementOutcome]()
    try:
        known = context_file.read(settings_file, context or [])
        settings = _deployable(known)
        with connected(connection) as (account, identifier):
            choices = _choices(settings, account, key_file, dry=dry_run)
            for outcome in run(choices, account, dry=dry_run):
                outcomes.append(outcome)
            if retire_other_key:
                outcomes += _retired(choices, account, dry=dry_run)
            trust = _trust(account, choices, settings, dry=dry_run)
            other = _other_login(choices, account)
        changed = context_file.changes(known, trust.settings())
        if changed and write and not dry_run:
            context_file.write(settings_file, changed)
    except (AccountError, BootstrapError, SettingsError) as error:
        if outcomes:
            report.show_outcomes(console, outcomes, dry=dry_run)
        Console(stderr=True).print(str(error), style="red", markup=False, highlight=False, soft_wrap=True)
        raise typer.Exit(1) from None
    if dry_run:
        report.show_statements(console, outcomes)
    report.show_outcomes(console, outcomes, dry=dry_run)
    where = f"written to {settings_file.name}" if write and not dry_run else "not written"
    report.show_settings(console, known, changed, where)
    if not dry_run:
        to_vault = vault_command(settings, choices, identifier, key_file) if _is_new(outcomes) else ""
        report.show_steps(console, list(next_steps(changed, trust, to_vault, other)))


def _deployable(known: context_file.Context) -> Settings:
    settings = Settings.from_context(known)
    if not settings.aurora_cluster_arn:
        raise BootstrapError(
            "Context key aurora_cluster_arn is empty, which names the account and region of the bucket: set it in "
            "cdk.json or with -c aurora_cluster_arn=..."
        )
    return settings


def _choices(settings: Settings, account: Account, key_file: Path | None, *, dry: bool) -> SnowflakeAccount:
    """The account's names and trust, with how its user logs in; raises BootstrapError where there is no login."""
    if settings.snowflake_login == "workload_identity":
        if key_file is not None:
            raise BootstrapError("Context key snowflake_login is workload_identity, which has no key: omit --key-file.")
        return SnowflakeAccount.of_deployment(settings, workload_identity_arn=login_role_arn(settings), public_key="")
    choices = SnowflakeAccount.of_deployment(settings, public_key="")
    if key_file is None:
        if not keys_of(account, choices.user):
            raise BootstrapError(
                f"User {choices.user} has no key to log in with: give --key-file, which is made if it is not there, or "
                "-c snowflake_login=workload_identity."
            )
        return choices
    if not key_file.exists():
        if dry:
            return choices
        make_private_key(key_file)
    key = public_key(key_file)
    return choices.model_copy(update={"public_key": key, "public_key_slot": slot_for(account, choices.user, key)})


def _retired(choices: SnowflakeAccount, account: Account, *, dry: bool) -> list[StatementOutcome]:
    if not choices.public_key and not choices.workload_identity_arn:
        raise BootstrapError("--retire-other-key needs the --key-file of the key that stays.")
    return list(retire_other_logins(choices, account, dry=dry))


def _other_login(choices: SnowflakeAccount, account: Account) -> str:
    """The user's other logins beside the chosen one; empty without any."""
    present = logins(choices.user, account)
    if len(present) < 2:
        return ""
    return "workload identity" if "WORKLOAD_IDENTITY" in present and not choices.workload_identity_arn else "key"


def _trust(account: Account, choices: SnowflakeAccount, settings: Settings, *, dry: bool) -> Trust:
    trust = read_trust(account, choices.database)
    return trust if in_bucket_region(trust, settings) else without_queue(trust, account, choices.database, dry=dry)


def _is_new(outcomes: list[StatementOutcome]) -> bool:
    """Whether the user has a new way to log in."""
    ways = (" SET RSA_PUBLIC_KEY", " SET WORKLOAD_IDENTITY")
    return any(outcome.changes and any(way in outcome.text for way in ways) for outcome in outcomes)


if __name__ == "__main__":
    app()
