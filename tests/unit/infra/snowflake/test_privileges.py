"""The sync role may do what its statements do, and nothing else."""

import re
from pathlib import Path

from functions.shared.contract.names import SourceTable
from functions.shared.snowflake.objects import TableObjects
from functions.shared.snowflake.statements import bootstrap_statements, table_statements
from infra.snowflake.examples import EXAMPLES
from infra.snowflake.statements import account_statements, grant_statements
from tests.support.gate import COMMENT
from tests.support.rendered import KEY, maintenance_statements, table_statements_of, table_variations

_ROOT = Path(__file__).parents[4]
_VERBS = {"INSERT INTO": "INSERT", "UPDATE": "UPDATE", "DELETE FROM": "DELETE", "MERGE INTO": "MERGE"}
_GRANT = re.compile(r"GRANT (?P<privileges>.*) ON (?P<what>.*) TO ROLE (?P<role>\S+)")


def granted(role: str) -> dict[str, set[str]]:
    """Privileges by object, of all the grants to a role."""
    found: dict[str, set[str]] = {}
    for statement in [*account_statements(KEY), *grant_statements(KEY)]:
        match = _GRANT.search(re.sub(COMMENT, "", statement))
        if match and match["role"] == f'"{role}"':
            found.setdefault(match["what"], set()).update(match["privileges"].split(", "))
    return found


def control_tables() -> set[str]:
    return set(
        re.findall(r'CREATE TABLE IF NOT EXISTS \S+\."CONTROL"\."(\w+)"', "".join(bootstrap_statements("D", "b")))
    )


def written() -> dict[str, set[str]]:
    """What the functions and the statements of a table do to each control table besides reading it."""
    sources = [path.read_text() for path in (_ROOT / "functions").rglob("*.py")]
    statements = [one for _, rules in table_variations() for one in table_statements_of(rules)]
    found: dict[str, set[str]] = {name: set() for name in control_tables()}
    for source in [*sources, *statements, *maintenance_statements()]:
        for verb, name in re.findall(rf'({"|".join(_VERBS)})\s+\S+?\."([A-Z_]+)"(?!\.)', source):
            if name in found:
                found[name].add(_VERBS[verb])
        for name in re.findall(r"insert_into\([\w.]+, ['\"](\w+)['\"]\)", source):
            found[name].add("INSERT")
    return found


def test_it_may_do_to_each_control_table_what_its_statements_do() -> None:
    what = written()
    assert what["LEDGER"] == {"INSERT", "DELETE"}
    assert "UPDATE" in what["QUARANTINE"]
    for name in control_tables():
        assert "INSERT" in what[name], "it gets rows from somewhere"
        assert granted("AURORA_SYNC")[f'TABLE "AURORA"."CONTROL"."{name}"'] == {"SELECT", *what[name]}, name


def test_it_may_make_in_each_schema_what_a_table_needs() -> None:
    made: dict[str, set[str]] = {"STAGING": set(), "FINAL": set(), "CONTROL": set()}
    for example in EXAMPLES.values():
        objects = TableObjects("AURORA", SourceTable("public", "orders"))
        for statement in table_statements(objects, example.rules):
            (kind, schema), *_ = re.findall(
                r'^CREATE (?:OR REPLACE )?(\w+) (?:IF NOT EXISTS )?"AURORA"\."(\w+)"', statement, re.MULTILINE
            )
            made[schema].add(f"CREATE {kind}")
    assert sum(map(len, made.values())) == 5
    for schema, privileges in made.items():
        assert granted("AURORA_SYNC")[f'SCHEMA "AURORA"."{schema}"'] == {"USAGE", *privileges}


def test_beside_tables_and_schemas_the_sync_role_may_only_use_objects_and_start_tasks() -> None:
    rest = {
        what: privileges
        for what, privileges in granted("AURORA_SYNC").items()
        if not what.startswith(("TABLE ", "SCHEMA "))
    }
    assert rest == {
        'WAREHOUSE "AURORA_SYNC"': {"USAGE"},
        "ACCOUNT": {"EXECUTE TASK", "EXECUTE MANAGED TASK"},
        'DATABASE "AURORA"': {"USAGE"},
        'FILE FORMAT "AURORA"."STAGING"."AURORA_CSV"': {"USAGE"},
        'STAGE "AURORA"."STAGING"."EXPORTS"': {"USAGE"},
    }


def test_readers_see_final_and_nothing_else() -> None:
    assert granted("AURORA_READER") == {
        'DATABASE "AURORA"': {"USAGE"},
        'SCHEMA "AURORA"."FINAL"': {"USAGE"},
        'ALL TABLES IN SCHEMA "AURORA"."FINAL"': {"SELECT"},
        'FUTURE TABLES IN SCHEMA "AURORA"."FINAL"': {"SELECT"},
    }


def test_no_role_but_those_of_the_system_is_granted_to_anyone_else() -> None:
    grants = [one for one in account_statements(KEY) if re.search(r"^GRANT ROLE", one, re.MULTILINE)]
    assert grants == [
        'GRANT ROLE "AURORA_SYNC" TO ROLE SYSADMIN',
        'GRANT ROLE "AURORA_READER" TO ROLE SYSADMIN',
        'GRANT ROLE "AURORA_SYNC" TO USER "AURORA_SYNC"',
    ]
