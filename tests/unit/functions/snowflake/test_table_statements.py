"""What the statements of a table's objects say: which are replaced, what the pipe reads, what the view lets through."""

from dataclasses import replace

import pytest

from functions.shared.contract.names import SourceTable
from functions.shared.snowflake.objects import TableObjects
from functions.shared.snowflake.session_parameters import SESSION_PARAMETERS
from functions.shared.snowflake.statements import table_statements
from tests.support.batches import KEYED

PLAIN = TableObjects("AURORA", SourceTable("public", "orders"))


def test_a_new_version_of_the_schema_keeps_staging_and_replaces_the_pipe_only_if_asked() -> None:
    plain, piped, anew = (
        " ".join(table_statements(PLAIN, KEYED, **how)) for how in ({}, {"replace_pipe": True}, {"replace": True})
    )
    made = [("CREATE OR REPLACE TABLE" in text, "CREATE OR REPLACE PIPE" in text) for text in (plain, piped, anew)]
    assert made == [(False, False), (False, True), (True, False)]
    assert all(text.count("CREATE TABLE IF NOT EXISTS") >= 1 for text in (plain, piped, anew))


def test_the_pipe_takes_the_refused_places_first_and_each_column_by_its_number() -> None:
    [copy] = [text for text in table_statements(PLAIN, KEYED) if "COPY INTO" in text]
    assert '("_REFUSED", "ID", "VALUE", "AT", "_FILE", "_ROW", "_SCANNED_AT")' in copy
    assert "SELECT $1, $2, $3, $4, METADATA$FILENAME" in copy


def test_the_files_of_each_layout_have_a_pipe_and_a_folder_of_their_own() -> None:
    for layout, pipe, folder in ((0, "PUBLIC__ORDERS", "public.orders"), (7, "PUBLIC__ORDERS$$v7", "public.orders-v7")):
        [copy] = [text for text in table_statements(PLAIN, replace(KEYED, layout=layout)) if "COPY INTO" in text]
        assert f'CREATE PIPE IF NOT EXISTS "AURORA"."STAGING"."{pipe}"\n' in copy
        assert f"""FROM '@"AURORA"."STAGING"."EXPORTS"/{folder}/'""" in copy


def test_only_files_of_the_present_layout_are_seen_by_the_view() -> None:
    made = table_statements(PLAIN, replace(KEYED, schema_version=9, since=7))
    [view] = [text for text in made if "CREATE OR REPLACE VIEW" in text]
    assert view.endswith('WHERE f."SCHEMA_VERSION" >= 7')


@pytest.mark.parametrize(("transient", "kind"), [(False, "CREATE TABLE"), (True, "CREATE TRANSIENT TABLE")])
def test_final_has_fail_safe_unless_it_is_transient(transient: bool, kind: str) -> None:
    made = table_statements(replace(PLAIN, transient=transient), KEYED)
    assert [text for text in made if text.startswith(f"{kind} IF NOT EXISTS {PLAIN.final}")]


def test_the_task_does_not_depend_on_the_accounts_parameters() -> None:
    """Its session is begun by Snowflake, not by the functions."""
    [task] = [text for text in table_statements(PLAIN, KEYED) if "CREATE OR REPLACE TASK" in text]
    head = task.partition("AS EXECUTE IMMEDIATE")[0]
    assert [name for name in SESSION_PARAMETERS if f"{name} = " not in head] == []
    assert "QUOTED_IDENTIFIERS_IGNORE_CASE = FALSE,\n" in head
    assert "TIMEZONE = 'UTC',\n" in head
