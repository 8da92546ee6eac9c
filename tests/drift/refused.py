"""Changes that stop the table with a message that says what to do, and what becomes of doing it."""

from collections.abc import Iterator

from tests.drift.cases import Case

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
    yield from _columns()
    yield from _deletes()
    yield from _policies()


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
        "changed_and_undone",
        "ALTER TABLE {t} ALTER price TYPE text",
        columns="price numeric(10,2)",
        values="n + 0.25",
        strategies=("timestamp",),
        refused="SchemaMismatch",
        said=("or undo the change",),
        mend="ALTER TABLE {t} ALTER price TYPE numeric(10,2) USING price::numeric",
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
        writes_after=False,
        refused="SchemaMismatch",
        said=("its key was (id) and is now (number)",),
    )
    yield Case(
        "configured_keys_changed",
        columns="code text",
        values="'code ' || n",
        changed_spec={"primary_keys": ["id", "note"]},
        refused="SchemaMismatch",
        strategies=("full_snapshot",),
        said=("its key was (id) and is now (id, note)",),
        mended_first=True,
        held_fails="MergeFailed",
    )
    yield Case(
        "soft_deletes_switched_on",
        strategies=("full_snapshot",),
        changed_spec={"deletes": "soft"},
        refused="SchemaMismatch",
        said=("soft deletes were off and are now on",),
    )


def _columns() -> Iterator[Case]:
    yield Case(
        "added_of_an_unknown_type",
        "ALTER TABLE {t} ADD rights aclitem",
        touch="rights = 'aurora_owner=r/aurora_owner'",
        refused="InvalidConfiguration",
        strategies=("xmin",),
        said=("'rights' is aclitem", '{"rights": "text"}'),
        mended_spec={"on_unrepresentable": {"rights": "text"}},
        promise="id, note, updated_at, CASE WHEN NOT {old} THEN rights::text END AS rights",
        reloaded="id, note, updated_at, rights::text AS rights",
    )
    yield Case(
        "turned_into_an_unknown_type",
        "ALTER TABLE {t} ALTER rights TYPE aclitem USING rights::aclitem",
        columns="rights text",
        values="'=r/aurora_owner'",
        strategies=("timestamp",),
        refused="InvalidConfiguration",
        said=("'rights' is aclitem", '{"rights": "text"}'),
        mended_spec={"on_unrepresentable": {"rights": "text"}},
        promise="id, note, updated_at, rights::text AS rights",
        reloaded="id, note, updated_at, rights::text AS rights",
    )
    yield Case(
        "added_with_the_name_of_a_persons_column_in_final",
        "ALTER TABLE {t} ADD extra integer DEFAULT 5",
        in_snowflake="ALTER TABLE {final} ADD COLUMN EXTRA VARCHAR",
        strategies=("timestamp",),
        refused="SchemaMismatch",
        said=('RENAME COLUMN "EXTRA" TO "EXTRA__V1"',),
        reloaded="*, NULL::text AS extra__v1",
    )
    for name, strategy in {"_version": "xmin", "_refused": "timestamp"}.items():
        yield Case(
            f"added_with_the_name{name}",
            f"ALTER TABLE {{t}} ADD {name} integer DEFAULT 1",
            strategies=(strategy,),
            refused="InvalidConfiguration",
            said=(f"column {name!r} has a name that the sync itself uses; rename it in Aurora",),
            mend=f"ALTER TABLE {{t}} RENAME {name} TO my{name}",
            promise=f"id, note, updated_at, CASE WHEN NOT {{old}} THEN my{name} END AS my{name}",
        )
    yield Case(
        "added_with_a_name_that_differs_in_case",
        'ALTER TABLE {t} ADD "NOTE" text',
        strategies=("timestamp",),
        refused="InvalidConfiguration",
        said=("two columns are both called NOTE in Snowflake",),
        mend='ALTER TABLE {t} RENAME "NOTE" TO note2',
    )


def _deletes() -> Iterator[Case]:
    yield Case(
        "recreated_with_few_of_its_rows",
        "DROP TABLE {t}; CREATE TABLE {t} (id bigint PRIMARY KEY, note text, updated_at timestamptz NOT NULL);"
        "INSERT INTO {t} SELECT n, 'anew', '2020-01-01' FROM generate_series(1, 10) AS n",
        rows=150,
        strategies=("timestamp",),
        moves=False,
        writes_after=False,
        refused="MergeFailed",
        said=("the snapshot lacks 140 of FINAL's 150 rows", "max_delete_percent to 100"),
        mended_spec={"max_delete_percent": 100},
    )


def _policies() -> Iterator[Case]:
    yield Case(
        "frozen_and_undone",
        "ALTER TABLE {t} ADD plain text, ALTER label TYPE varchar(20)",
        columns="label varchar(10)",
        values="'label'",
        spec={"schema_changes": "freeze"},
        refused="SchemaMismatch",
        strategies=("timestamp",),
        said=("schema_changes is freeze", "column 'plain' is new", "'label' was character varying(10)"),
        mend="ALTER TABLE {t} DROP plain, ALTER label TYPE varchar(10)",
    )
    yield Case(
        "frozen_and_let_go",
        "ALTER TABLE {t} DROP gone",
        columns="gone text",
        values="'gone ' || n",
        strategies=("xmin",),
        spec={"schema_changes": "freeze"},
        refused="SchemaMismatch",
        said=("schema_changes is freeze", "column 'gone' is gone"),
        mended_spec={"schema_changes": "evolve"},
        promise="*, CASE WHEN {old} THEN 'gone ' || id END AS gone",
        reloaded="*, NULL::text AS gone",
    )
    yield Case(
        "column_with_a_policy_dropped",
        "ALTER TABLE {t} DROP doomed",
        columns="doomed text",
        values="'doomed'",
        spec={"on_unrepresentable": {"doomed": "text", "*": "fail"}},
        refused="InvalidConfiguration",
        strategies=("xmin",),
        said=("on_unrepresentable names column 'doomed', which the table does not have", "id, note, updated_at"),
        mended_spec={"on_unrepresentable": "fail"},
        promise="*, CASE WHEN {old} THEN 'doomed' END AS doomed",
        reloaded="*, NULL::text AS doomed",
    )


def _versioned(name: str) -> str:
    return '"we""ird;run__V1"' if name.startswith('"') else f"{name}__v1"
