"""Names, unknown types, policies and mass deletes that stop the table with a message that says what to do."""

from collections.abc import Iterator

from tests.system.drift.cases import Case


def refused_column_cases() -> Iterator[Case]:
    """Each case's next run fails until somebody does what its message says."""
    yield from _columns()
    yield from _deletes()
    yield from _policies()


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
        "ALTER TABLE {t} RENAME former TO latter; "
        "ALTER TABLE {t} ADD plain text, ALTER label TYPE varchar(20), ALTER grows TYPE bigint",
        columns="label varchar(10), grows integer, former text",
        values="'label', n, 'former'",
        spec={"schema_changes": "freeze"},
        refused="SchemaMismatch",
        strategies=("timestamp",),
        said=(
            "schema_changes is freeze",
            "column 'plain' is new",
            "'label' was character varying(10)",
            "'grows' was integer",
            "column 'former' is now called 'latter'",
        ),
        mend="ALTER TABLE {t} RENAME latter TO former; "
        "ALTER TABLE {t} DROP plain, ALTER label TYPE varchar(10), ALTER grows TYPE integer",
    )
    yield Case(
        "frozen_and_let_go",
        "ALTER TABLE {t} DROP gone, DROP again; ALTER TABLE {t} ADD again text",
        columns="gone text, again text",
        values="'gone ' || n, 'first'",
        touch="again = 'second'",
        strategies=("xmin",),
        spec={"schema_changes": "freeze"},
        refused="SchemaMismatch",
        said=("schema_changes is freeze", "column 'gone' is gone", "column 'again' was dropped and added again"),
        mended_spec={"schema_changes": "evolve"},
        promise="id, note, updated_at, CASE WHEN {old} THEN 'gone ' || id END AS gone, "
        "CASE WHEN {old} THEN 'first' ELSE again END AS again",
        reloaded="*, NULL::text AS gone",
    )
    yield Case(
        "frozen_and_changed_or_narrowed",
        "ALTER TABLE {t} ALTER price TYPE text, ALTER big TYPE integer",
        columns="price numeric(10,2), big bigint",
        values="n + 0.25, n",
        touch="price = 'many'",
        strategies=("timestamp",),
        spec={"schema_changes": "freeze"},
        refused="SchemaMismatch",
        said=(
            'RENAME COLUMN "PRICE" TO "PRICE__V1"',
            'RENAME COLUMN "BIG" TO "BIG__V1"',
            "set full_refresh to true and schema_changes to evolve for one run",
        ),
        mended_spec={"schema_changes": "evolve"},
        reloaded="*, CASE WHEN id <= 25 THEN (id + 0.25)::numeric(10,2) END AS price__v1, "
        "CASE WHEN id <= 25 THEN id END AS big__v1",
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
