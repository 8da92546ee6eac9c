"""The type contract: how a value of each PostgreSQL type is written to the file, and what holds it in Snowflake.

One table, from which FINAL's columns, the export, the casts and the page on types are all made.
"""

from dataclasses import dataclass, replace

# The default lengths of VARCHAR and, at two digits a byte, BINARY (docs.snowflake.com, String & binary data types).
VARCHAR_BYTES = 16_777_216
# How much Aurora writes of a text that is longer, for people to recognise it.
KEPT_CHARACTERS = 1000
_NUMBER_MAX_PRECISION, _NUMBER_MAX_SCALE = 38, 37
# Snowflake's formats; without one it takes the session's.
_WRITTEN = {
    "DATE": "'YYYY-MM-DD'",
    "TIMESTAMP_NTZ(6)": "'YYYY-MM-DD\"T\"HH24:MI:SS.FF6'",
    "TIMESTAMP_TZ(6)": "'YYYY-MM-DD\"T\"HH24:MI:SS.FF6TZH:TZM'",
}


@dataclass(frozen=True)
class SourceType:
    """A column's type with domains resolved; of an array, its element's type.

    `kind` is base (PostgreSQL's own), extension, enum, composite, range, multirange or domain (an array's element).
    `label` is how a person writes it: numeric(10,2)[].
    """

    name: str
    label: str
    kind: str = "base"
    modifier: int = -1
    is_array: bool = False


@dataclass(frozen=True)
class TypeRule:
    """FINAL's type, and Aurora's SQL: the value's `text`, whether the type `holds` the value, or the text `{t}` of it.

    `refuses` describes the values that it does not hold; a `sizable` text may be longer than Snowflake takes.
    """

    target: str
    text: str = "{c}::text"
    holds: str | None = None
    holds_text: str | None = None
    refuses: str = ""
    sizable: bool = False

    @property
    def always_holds(self) -> bool:
        """Whether every value of the type has a place in FINAL."""
        return self.holds is None and self.holds_text is None and not self.sizable

    @property
    def ordered(self) -> bool:
        """Whether every value lies between the lowest and the highest of those that it is compared with."""
        return self.target.startswith(("NUMBER", "DATE", "TIME", "VARCHAR"))

    def cast(self, text: str) -> str:
        """Snowflake SQL from the file's text to FINAL's type; NULL where it does not cast."""
        if self.target == "VARCHAR":
            return text
        if self.target == "VARIANT":
            return f"TRY_PARSE_JSON({text})"
        if self.target == "BINARY":
            return f"TRY_TO_BINARY({text}, 'HEX')"
        return f"TRY_CAST({text} AS {self.target})"

    def written(self, value: str) -> str:
        """Snowflake SQL from a value to the text that `watermark.as_text` makes of it."""
        form = _WRITTEN.get(self.target)
        return f"TO_VARCHAR({value}, {form})" if form else f"TO_VARCHAR({value})"

    def comparable(self, value: str) -> str:
        """Snowflake SQL by which two values of the type are compared: JSON by its text, all others by value."""
        return f"TO_JSON({value})" if self.target == "VARIANT" else value


AS_TEXT = TypeRule("VARCHAR", refuses="more than 16 MB", sizable=True)
_SHORT_TEXT = TypeRule("VARCHAR")
# A cast to text would strip char(n)'s padding and give every inet a mask.
_OUTPUT = "CASE WHEN {c} IS NOT NULL THEN concat({c}) END"

# PARSE_JSON keeps up to 38 digits of a number and makes a double of a longer one or of one with an exponent. Digits in
# strings do not count, but taking the strings out is only worth its time where a long number may be. jsonb and numeric
# are written without exponents.
_STRIPPED = "regexp_replace({t}, '\"([^\"\\\\]|\\\\.)*\"', '\"\"', 'g')"
_SHORT_NUMBERS = f"NOT ({{t}} ~ '[0-9][0-9.]{{{{37}}}}' AND {_STRIPPED} ~ '([0-9][.]?){{{{38}}}}')"
_EXACT_EXPONENTS = (
    f"NOT ({{t}} ~ '[0-9][eE]' AND {_STRIPPED} ~ "
    "'([0-9][.]?){{16}}[eE]|[eE][-+]?0*([3-9][0-9]{{2}}|[1-9][0-9]{{3}})')"
)
# json, unlike jsonb, keeps escapes that stand for no character: NUL, and halves of a surrogate pair. A backslash that
# is itself escaped begins none of them.
_UNPAIRED = "replace({t}, '\\\\', '..')"
_REAL_CHARACTERS = (
    f"NOT ({{t}} ~ '\\\\u(0000|[dD][89a-fA-F])' AND {_UNPAIRED} ~ '\\\\u0000"
    "|\\\\u[dD][89abAB][0-9a-fA-F]{{2}}(?!\\\\u[dD][c-fC-F])"
    "|(?<!\\\\u[dD][89abAB][0-9a-fA-F]{{2}})\\\\u[dD][c-fC-F]')"
)
_EVERY_BOUND = " AND ".join(f"COALESCE(array_lower({{c}}, {dimension}), 1) = 1" for dimension in range(1, 7))
_DEFAULT_BOUNDS = f"CASE array_ndims({{c}}) WHEN 1 THEN array_lower({{c}}, 1) = 1 ELSE {_EVERY_BOUND} END"
_LONG_NUMBERS = "numbers of more than 37 digits"
_YEARS = "infinity, BC, years over 9999"
_INFINITE = "CASE {c} WHEN 'Infinity' THEN 'inf' WHEN '-Infinity' THEN '-inf' ELSE {c}::text END"

_RULES = {
    "int2": TypeRule("NUMBER(5,0)"),
    "int4": TypeRule("NUMBER(10,0)"),
    "int8": TypeRule("NUMBER(19,0)"),
    "float4": TypeRule("FLOAT", _INFINITE),
    "float8": TypeRule("FLOAT", _INFINITE),
    "bool": TypeRule("BOOLEAN"),
    "bytea": TypeRule("BINARY", "encode({c}, 'hex')", refuses="more than 8 MB", sizable=True),
    "date": TypeRule(
        "DATE", "to_char({c}, 'YYYY-MM-DD')", "{c} BETWEEN '0001-01-01' AND '9999-12-31'", refuses=_YEARS
    ),
    "time": TypeRule("TIME(6)", holds="{c} < '24:00'", refuses="24:00"),
    "timestamp": TypeRule(
        "TIMESTAMP_NTZ(6)",
        "to_char({c}, 'YYYY-MM-DD\"T\"HH24:MI:SS.US')",
        "{c} >= '0001-01-01' AND {c} < '10000-01-01'",
        refuses=_YEARS,
    ),
    "timestamptz": TypeRule(
        "TIMESTAMP_TZ(6)",
        "to_char({c} AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"+00:00\"')",
        "{c} >= '0001-01-01 00:00:00+00' AND {c} < '10000-01-01 00:00:00+00'",
        refuses=_YEARS,
    ),
    "json": TypeRule(
        "VARIANT",
        holds_text=f"{_SHORT_NUMBERS} AND {_EXACT_EXPONENTS} AND {_REAL_CHARACTERS}",
        refuses=f"{_LONG_NUMBERS}, duplicate keys, \\u0000, half surrogate pairs, more than 16 MB",
        sizable=True,
    ),
    "jsonb": TypeRule(
        "VARIANT", holds_text=_SHORT_NUMBERS, refuses=f"{_LONG_NUMBERS}, more than 16 MB", sizable=True
    ),
    "bpchar": replace(AS_TEXT, text=_OUTPUT),
    "inet": replace(_SHORT_TEXT, text=_OUTPUT),
    **dict.fromkeys(
        ("text", "varchar", "xml", "tsvector", "tsquery", "bit", "varbit", "jsonpath", "path", "polygon"), AS_TEXT
    ),
    **dict.fromkeys(
        ("char", "name", "uuid", "money", "interval", "timetz", "cidr", "macaddr", "macaddr8", "point", "line",
         "lseg", "box", "circle", "oid", "xid", "xid8", "cid", "tid", "pg_lsn", "pg_snapshot", "txid_snapshot",
         "regclass", "regcollation", "regconfig", "regdictionary", "regnamespace", "regoper", "regoperator", "regproc",
         "regprocedure", "regrole", "regtype", "int2vector", "oidvector"),
        _SHORT_TEXT,
    ),
}  # fmt: skip
_EXTENSIONS = ("citext", "hstore", "ltree", "lquery", "ltxtquery")
_USER_DEFINED = ("enum", "composite", "range", "multirange")
_ARRAY = TypeRule(
    "VARIANT", "to_json({c})::text", _DEFAULT_BOUNDS, refuses="lower bounds other than 1, more than 16 MB", sizable=True
)
_FLOAT_ARRAY = replace(
    _ARRAY, holds_text=_EXACT_EXPONENTS, refuses=f"numbers of more than 15 digits with an exponent, {_ARRAY.refuses}"
)
_NUMERIC_ARRAY = replace(_ARRAY, holds_text=_SHORT_NUMBERS, refuses=f"{_LONG_NUMBERS}, {_ARRAY.refuses}")
# JSON would lose part of an element of these: NULL or JSON null, a field's type, hstore's order.
_NESTED = ("json", "jsonb", *_EXTENSIONS[1:])


def text_rule(source: SourceType) -> TypeRule:
    """The rule for a column that is copied as text whatever its type."""
    as_printed = source.name in ("bpchar", "inet") and not source.is_array
    return replace(AS_TEXT, text=_OUTPUT) if as_printed else AS_TEXT


def rule_for(source: SourceType) -> TypeRule | None:
    """The rule for a type, None where the contract has none."""
    if source.is_array and source.name not in ("int2vector", "oidvector"):
        return _array_rule(source)
    if source.kind in _USER_DEFINED:
        return AS_TEXT
    if source.kind == "extension":
        return AS_TEXT if source.name in _EXTENSIONS else None
    if source.name == "numeric":
        return _numeric_rule(source.modifier)
    return _RULES.get(source.name)


def _array_rule(source: SourceType) -> TypeRule | None:
    if source.kind in ("composite", "domain") or source.name in _NESTED:
        return AS_TEXT
    if rule_for(replace(source, is_array=False)) is None:
        return None
    return {"numeric": _NUMERIC_ARRAY, "float8": _FLOAT_ARRAY}.get(source.name, _ARRAY)


def _numeric_rule(modifier: int) -> TypeRule:
    """NUMBER where it holds every value of the precision and scale, else text."""
    if modifier < 0:
        return _SHORT_TEXT
    # numeric's modifier packs precision and an 11-bit signed scale (postgresql.org, numeric.c)
    packed = modifier - 4
    precision, scale = packed >> 16 & 0xFFFF, packed & 0x7FF
    scale = scale - 2048 if scale >= 1024 else scale
    if not 0 <= scale <= min(precision, _NUMBER_MAX_SCALE) or precision > _NUMBER_MAX_PRECISION:
        return _SHORT_TEXT
    return TypeRule(f"NUMBER({precision},{scale})", holds="{c} <> 'NaN'", refuses="NaN")


def widens(old: str, new: str) -> bool:
    """Whether Snowflake changes a column from type `old` to `new` in place and keeps every value."""
    if not (old.startswith("NUMBER(") and new.startswith("NUMBER(")):
        return False
    (old_precision, old_scale), (new_precision, new_scale) = (_numbers(one) for one in (old, new))
    return old_scale == new_scale and old_precision <= new_precision


def _numbers(target: str) -> list[int]:
    return [int(part) for part in target.removeprefix("NUMBER(").removesuffix(")").split(",")]
