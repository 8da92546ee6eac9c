"""Changes that FINAL follows by itself."""

from collections.abc import Iterator

from tests.system.drift.cases import Case

_HOSTILE = (
    'we"ird', "select", "Mixed Case", "ünï ☃", "100% {x}", "a'b;c--", "$1", "version", "batch", "t", "file_name",
    "column1", "x" * 60,
)  # fmt: skip
_SEEN = "timestamp '2026-01-01 00:00:00.4' + {} * interval '1 day'"


def evolving_cases() -> Iterator[Case]:
    """Each case's next run is LOADED, and its note says what happened."""
    yield from _added()
    yield from _gone()
    yield from _retyped()
    yield from _made_anew()


def _added() -> Iterator[Case]:
    yield Case(
        "added",
        "ALTER TABLE {t} ADD plain text, ADD constant integer DEFAULT 7",
        touch="plain = 'new', constant = 8",
        said=("column 'plain' is new", "column 'constant' is new", "until full_refresh is set to true"),
        promise=f"id, note, updated_at, {_new('plain')}, {_new('constant')}",
    )
    yield Case(
        "added_by_rewrite",
        "ALTER TABLE {t} ADD volatile double precision DEFAULT random(), "
        "ADD computed text GENERATED ALWAYS AS (note || '!') STORED",
        rewrites=True,
        strategies=("xmin",),
        said=("column 'volatile' is new", "column 'computed' is new"),
        promise=f"id, note, updated_at, {_new('volatile')}, {_new('computed')}",
    )
    names = [f"c{number}" for number in range(1, 101)]
    yield Case(
        "a_hundred_added_one_dropped_one_widened",
        f"ALTER TABLE {{t}} {', '.join(f'ADD {name} integer' for name in names)}, DROP gone, ALTER grows TYPE bigint",
        columns="gone text, grows integer",
        values="'gone ' || n, n",
        touch=", ".join(f"{name} = id + 1" for name in names) + ", grows = 3000000000",
        rewrites=True,
        strategies=("xmin",),
        said=("column 'c1' is new", "column 'c100' is new", "column 'gone' is gone", "integer and is now bigint"),
        promise=f"id, note, grows, updated_at, {_kept('gone')}, {', '.join(map(_new, names))}",
        reloaded="*, NULL::text AS gone",
    )
    quoted = ['"' + name.replace('"', '""') + '"' for name in _HOSTILE]
    yield Case(
        "hostile_names_added",
        f"ALTER TABLE {{t}} {', '.join(f'ADD {name} text' for name in quoted)}",
        touch=", ".join(f"{name} = 'of {place}'" for place, name in enumerate(quoted)),
        strategies=("timestamp",),
        said=tuple(f"column {name!r} is new" for name in _HOSTILE),
        promise=f"id, note, updated_at, {', '.join(map(_new, quoted))}",
    )
    yield Case(
        "added_on_an_idle_table",
        "ALTER TABLE {t} ADD plain text DEFAULT 'unread'",
        moves=False,
        writes_after=False,
        strategies=("timestamp", "full_snapshot"),
        said=("column 'plain' is new",),
        promise=f"id, note, updated_at, {_new('plain')}",
    )
    yield Case(
        "added_to_a_table_without_a_key",
        "ALTER TABLE {t} ADD plain text DEFAULT 'new'",
        strategies=("timestamp",),
        key="",
        appends=True,
        said=("column 'plain' is new",),
        promise=f"id, note, updated_at, {_new('plain')}",
    )
    yield Case(
        "ignored",
        "ALTER TABLE {t} RENAME former TO latter; ALTER TABLE {t} ADD plain text DEFAULT 'new', ADD rights aclitem, "
        "ADD _refused text, DROP gone, ALTER grows TYPE bigint",
        columns="gone text, former text, grows integer",
        values="'gone ' || n, 'gone ' || n, n",
        touch="grows = 3000000000",
        rewrites=True,
        spec={"schema_changes": "ignore"},
        strategies=("xmin",),
        said=(
            *(f"column {name!r} is left out" for name in ("plain", "rights", "_refused", "latter")),
            "column 'gone' is gone",
            "column 'former' is now called 'latter'",
            "integer and is now bigint",
        ),
        promise=f"id, note, grows, updated_at, {_kept('gone')}, {_kept('former')}",
        reloaded="id, note, grows, updated_at, NULL::text AS gone, NULL::text AS former",
    )


def _gone() -> Iterator[Case]:
    yield Case(
        "dropped",
        "ALTER TABLE {t} DROP gone",
        columns="gone text",
        values="'gone ' || n",
        said=("column 'gone' is gone; FINAL keeps it",),
        promise=f"*, {_kept('gone')}",
        reloaded="*, NULL::text AS gone",
    )
    yield Case(
        "renamed",
        "ALTER TABLE {t} RENAME former TO latter",
        columns="former text",
        values="'gone ' || n",
        touch="latter = 'new'",
        said=("column 'former' is now called 'latter'", "column 'latter' is new"),
        promise=f"id, note, updated_at, {_new('latter')}, {_kept('former')}",
        reloaded="*, NULL::text AS former",
    )
    yield Case(
        "dropped_and_added_again",
        "ALTER TABLE {t} DROP again, ADD again varchar(40) DEFAULT 'second'",
        columns="again text",
        values="'first ' || n",
        strategies=("timestamp",),
        said=("column 'again' was dropped and added again",),
        promise="id, note, updated_at, CASE WHEN {old} THEN 'first ' || id ELSE again END AS again",
    )


def _retyped() -> Iterator[Case]:
    yield Case(
        "retyped",
        "ALTER TABLE {t} ALTER grows TYPE bigint, ALTER price TYPE numeric(14,2), ALTER label TYPE text, "
        "ALTER code TYPE char(10), ALTER ratio TYPE double precision, ALTER seen TYPE timestamp(0)",
        columns="grows integer, price numeric(10,2), label varchar(10), code char(5), ratio real, seen timestamp(6)",
        values=f"n, n + 0.25, 'label', 'c' || n, 0.1, {_SEEN.format('n')}",
        touch="grows = 3000000000, price = 123456789012.25, label = repeat('long', 9), code = '1234567890'",
        rewrites=True,
        said=(
            "'grows' was integer and is now bigint",
            "'price' was numeric(10,2) and is now numeric(14,2)",
            "'label' was character varying(10) and is now text",
            "'code' was character(5) and is now character(10)",
            "'ratio' was real and is now double precision",
            "'seen' was timestamp(6) without time zone and is now timestamp(0) without time zone",
            "rows merged before keep the values",
        ),
        promise="id, note, updated_at, grows, price, label, "
        "CASE WHEN {old} THEN rpad('c' || id, 5) ELSE concat(code) END AS code, "
        "CASE WHEN {old} THEN 0.1 ELSE ratio END AS ratio, "
        f"CASE WHEN {{old}} THEN {_SEEN.format('id')} ELSE seen END AS seen",
    )


def _made_anew() -> Iterator[Case]:
    yield Case(
        "recreated",
        "DROP TABLE {t}; CREATE TABLE {t} (id bigint PRIMARY KEY, note text, updated_at timestamptz NOT NULL);"
        "INSERT INTO {t} SELECT n, 'anew', '2020-01-01' FROM generate_series(11, 40) AS n",
        spec={"schema_changes": "freeze"},
        writes_after=False,
        strategies=("timestamp",),
        said=("the table was dropped and created again: reloaded",),
    )
    yield Case(
        "swapped_for_one_with_another_order_of_columns",
        "CREATE TABLE {t}_next (updated_at timestamptz NOT NULL DEFAULT now(), label text, note text, "
        "id bigint PRIMARY KEY); INSERT INTO {t}_next SELECT updated_at, label, note, id FROM {t};"
        "ALTER TABLE {t} RENAME TO {name}_last; ALTER TABLE {t}_next RENAME TO {name}",
        columns="label text",
        values="'label ' || n",
        strategies=("xmin",),
        spec={"schema_changes": "ignore"},
        said=("the table was dropped and created again: reloaded",),
    )
    yield Case(
        "watermark_renamed",
        "ALTER TABLE {t} RENAME updated_at TO changed_at; ALTER TABLE {t} ADD updated_at timestamptz DEFAULT now()",
        strategies=("timestamp",),
        touch="changed_at = now()",
        changed_spec={"watermark_col": "changed_at"},
        said=("'changed_at': reloaded",),
    )
    yield Case(
        "watermark_renamed_where_new_columns_are_ignored",
        "ALTER TABLE {t} RENAME updated_at TO changed_at; ALTER TABLE {t} ADD updated_at timestamptz, ADD plain text",
        strategies=("timestamp",),
        touch="changed_at = now()",
        spec={"schema_changes": "ignore"},
        changed_spec={"watermark_col": "changed_at"},
        said=("'changed_at': reloaded", "column 'plain' is left out"),
        promise="id, note, updated_at, changed_at",
    )


def _new(column: str) -> str:
    return f"CASE WHEN NOT {{old}} THEN {column} END AS {column}"


def _kept(column: str) -> str:
    return f"CASE WHEN {{old}} THEN 'gone ' || id END AS {column}"
