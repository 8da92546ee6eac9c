"""Changes of types and keys that stop the table with a message that says what to do, and what becomes of doing it."""

from collections.abc import Iterator

from tests.system.drift.cases import WITHOUT_STAGING, Case
from tests.system.drift.refused_columns import refused_column_cases

_BEFORE = {
    "big": "id",
    "written": "id::text",
    "counted": "id::integer",
    "price": "(id + 0.25)::numeric(10,2)",
    "moment": "timestamptz '2026-01-02 03:04:05+00'",
    '"we""ird;run"': "id::smallint",
}


def refused_cases() -> Iterator[Case]:
    """Each case's next run fails until somebody does what its message says."""
    yield from _types()
    yield from _keys()
    yield from refused_column_cases()


def _types() -> Iterator[Case]:
    former = ", ".join(f"CASE WHEN id <= 25 THEN {value} END AS {_versioned(name)}" for name, value in _BEFORE.items())
    yield Case(
        "narrowed_or_changed",
        "ALTER TABLE {t} ALTER big TYPE integer, ALTER written TYPE integer USING written::integer, "
        "ALTER counted TYPE text, ALTER price TYPE numeric(10,4), ALTER moment TYPE date, "
        'ALTER "we""ird;run" TYPE text',
        columns="big bigint, written text, counted integer, price numeric(10,2), moment timestamptz, "
        '"we""ird;run" smallint',
        values="n, n::text, n, n + 0.25, '2026-01-02 03:04:05+00', n",
        touch="price = 1.2345, counted = 'many'",
        refused="SchemaMismatch",
        said=(
            "column 'big' is NUMBER(19,0) in FINAL, and as integer it must be NUMBER(10,0)",
            "column 'written' is VARCHAR in FINAL, and as integer it must be NUMBER(10,0)",
            "column 'counted' is NUMBER(10,0) in FINAL, and as text it must be VARCHAR",
            "column 'price' is NUMBER(10,2) in FINAL, and as numeric(10,4) it must be NUMBER(10,4)",
            "column 'moment' is TIMESTAMP_TZ(6) in FINAL, and as date it must be DATE",
            'RENAME COLUMN "PRICE" TO "PRICE__V1"',
            "set full_refresh to true",
        ),
        reloaded=f"*, {former}",
    )
    yield Case(
        "changed_and_mended_while_a_run_waits",
        "ALTER TABLE {t} ALTER price TYPE numeric(10,4)",
        columns="price numeric(10,2)",
        values="n + 0.25",
        touch="price = 1.2345",
        refused="SchemaMismatch",
        strategies=("timestamp",),
        said=('RENAME COLUMN "PRICE" TO "PRICE__V1"',),
        mended_first=True,
        held_fails="MergeFailed",
        reloaded="*, CASE WHEN id <= 20 THEN (id + 0.25)::numeric(10,2) END AS price__v1",
    )
    yield Case(
        "changed_or_narrowed_where_new_columns_are_ignored_and_undone",
        "ALTER TABLE {t} ALTER price TYPE text, ALTER big TYPE integer",
        columns="price numeric(10,2), big bigint",
        values="n + 0.25, n",
        spec={"schema_changes": "ignore"},
        strategies=("timestamp",),
        refused="SchemaMismatch",
        said=("NUMBER(10,2) in FINAL, and as text", "NUMBER(19,0) in FINAL, and as integer", "or undo the change"),
        mend="ALTER TABLE {t} ALTER price TYPE numeric(10,2) USING price::numeric, ALTER big TYPE bigint",
    )
    yield Case(
        "dropped_and_added_again_as_another_type",
        "ALTER TABLE {t} DROP again, ADD again integer DEFAULT 5",
        columns="again text",
        values="'first ' || n",
        refused="SchemaMismatch",
        strategies=("xmin",),
        said=("column 'again' is VARCHAR in FINAL, and as integer it must be NUMBER(10,0)",),
        reloaded="*, CASE WHEN id <= 25 THEN 'first ' || id END AS again__v1",
    )
    yield Case(
        "watermark_of_another_type",
        "ALTER TABLE {t} ALTER updated_at TYPE timestamp USING updated_at AT TIME ZONE 'UTC'",
        strategies=("timestamp",),
        refused="SchemaMismatch",
        said=('RENAME COLUMN "UPDATED_AT" TO "UPDATED_AT__V1"',),
        reloaded="*",
    )


def _keys() -> Iterator[Case]:
    yield Case(
        "primary_key_changed",
        "ALTER TABLE {t} DROP CONSTRAINT {name}_pkey, ADD PRIMARY KEY (code)",
        columns="code text NOT NULL DEFAULT gen_random_uuid()",
        values="'code ' || n",
        refused="SchemaMismatch",
        strategies=("timestamp",),
        said=("its key was (id) and is now (code)", "RENAME TO"),
    )
    yield Case(
        "primary_key_renamed",
        "ALTER TABLE {t} RENAME id TO number; ALTER TABLE {t} ADD id bigint; UPDATE {t} SET id = number",
        strategies=("xmin",),
        spec={"schema_changes": "ignore"},
        writes_after=False,
        refused="SchemaMismatch",
        said=("its key was (id) and is now (number)",),
    )
    yield Case(
        "configured_keys_changed",
        columns="code text",
        values="'code ' || n",
        spec={"schema_changes": "freeze"},
        changed_spec={"primary_keys": ["id", "note"]},
        refused="SchemaMismatch",
        strategies=("full_snapshot",),
        said=("its key was (id) and is now (id, note)",),
        mended_first=True,
        held_fails=WITHOUT_STAGING,
    )
    yield Case(
        "soft_deletes_switched_on",
        strategies=("full_snapshot",),
        changed_spec={"deletes": "soft"},
        refused="SchemaMismatch",
        said=("soft deletes were off and are now on",),
    )


def _versioned(name: str) -> str:
    return '"we""ird;run__V1"' if name.startswith('"') else f"{name}__v1"
