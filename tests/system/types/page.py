"""docs/types.md: the contract, what became of every edge value in the run, and what to choose."""

import re
from collections.abc import Iterable
from pathlib import Path
from textwrap import fill
from unicodedata import category

from functions.shared.contract.types import SourceType, rule_for
from tests.system.types.catalogue import FAMILIES
from tests.system.types.pg_type import NULL, PgType
from tests.system.types.study import NAMES, Study, TableOutcome
from tests.system.types.verdicts import LOUD, SAME

PAGE = Path(__file__).parents[3] / "docs" / "types.md"
_HEAD = """# Types

Made by `make types` from `functions/shared/contract/types.py` and a run of {values:,} values of {kinds} PostgreSQL
types through the whole pipeline on the laptop cloud, from a real PostgreSQL into FINAL. Each value either arrives as it
was, or it is NULL in FINAL, its row is listed in CONTROL.QUARANTINE with the column and the value's text, and the run's
result counts it. The comparison reads both sides by their own drivers and shares no code with the sync.

## The contract

| PostgreSQL | its text in the file (`c` is the column) | Snowflake | cannot be held |
|---|---|---|---|
"""
_VALUES = """
Domains are what they are made of. A type that is not here stops its table with a message that names column and type,
until `on_unrepresentable` says `text` for it.

## What became of every value

"listed" is NULL in FINAL and listed in CONTROL.QUARANTINE. NULL is NULL for every type.
"""
_FAMILY = """
### {title}

| PostgreSQL | Snowflake | arrives as it was | listed |
|---|---|---|---|
"""
_TITLES = {
    "numbers": "Numbers",
    "texts": "Texts",
    "times": "Dates and times",
    "structures": "Documents, composites, ranges",
    "arrays": "Arrays",
    "others": "Everything else",
}
_NAMES = "A date arrives, and `infinity` is listed, in columns called {names}."
_SIZES = """
{names}

### Sizes

With `text` every value above arrives as PostgreSQL writes it. Only size is left:

| PostgreSQL | arrives as it was | listed | listed with `text` |
|---|---|---|---|
"""
_CHOICE = (Path(__file__).parent / "choosing.md").read_text()
_WIDTH = 120
_LONGEST, _KEPT = 60, 40
_UNSEEN = ("Cc", "Zl", "Zp")
_SHORT = {
    "bpchar": "char",
    "varchar": "varchar",
    "varbit": "varbit",
    "time": "time",
    "timetz": "timetz",
    "timestamp": "timestamp",
    "timestamptz": "timestamptz",
    "interval": "interval",
}


def page(study: Study) -> str:
    """The whole page in Markdown; the same for every server that has all the types."""
    outcomes = {family: study.tables[family, "quarantine"] for family in FAMILIES}
    values = sum(len(kind.edges) for kinds in FAMILIES.values() for kind in kinds)
    kinds = len({kind.declared for kinds in FAMILIES.values() for kind in kinds})
    names = ", ".join(f"`{name}`" for name in study.tables[NAMES, "quarantine"].table.columns)
    lines = [_HEAD.format(values=values, kinds=kinds), *contract_lines(outcomes.values()), _VALUES]
    for family, title in _TITLES.items():
        lines += [_FAMILY.format(title=title), *value_lines(outcomes[family])]
    lines += [
        _SIZES.format(names=_wrapped(_NAMES.format(names=names))),
        *size_lines(outcomes["sizes"], study.tables["sizes", "text"]),
    ]
    return "".join(lines) + _CHOICE


def _wrapped(text: str) -> str:
    """Lines of the pages' width; a name in code stays whole, its spaces too."""
    whole = re.sub("`[^`]*`", lambda code: code[0].replace(" ", "\0"), text)
    return fill(whole, _WIDTH, break_long_words=False, break_on_hyphens=False).replace("\0", " ")


def contract_lines(outcomes: Iterable[TableOutcome]) -> list[str]:
    """A line for each way of travelling, with the types that share it."""
    groups: dict[tuple[str, str, str], list[str]] = {}
    for one in outcomes:
        for name, kind in one.table.columns.items():
            source = one.types[name]
            rule = rule_for(source)
            if rule is not None and not kind.title.startswith("domain"):
                target = "NUMBER(p,s)" if rule.target.startswith("NUMBER") and source.name == "numeric" else rule.target
                groups.setdefault((rule.text, target, rule.refuses), []).append(_family_name(source, kind, target))
    return [
        f"| {', '.join(dict.fromkeys(names))} | {_code(text.format(c='c'))} | {target} | {_cell(refuses)} |\n"
        for (text, target, refuses), names in groups.items()
    ]


def _family_name(source: SourceType, kind: PgType, target: str) -> str:
    """The type without its modifiers, by its short name."""
    if source.name == "numeric" and not source.is_array:
        return "numeric(p,s), 0 ≤ s ≤ p ≤ 38, s < 38" if target.startswith("NUMBER") else "any other numeric"
    if source.kind != "base":
        return kind.title or source.label
    brackets = "[]" if source.label.endswith("]") else ""
    return _SHORT.get(source.name, source.label.partition("(")[0].removesuffix("[]")) + brackets


def value_lines(outcome: TableOutcome) -> list[str]:
    """A line for each type."""
    return [
        f"| {_cell(kind.name)} | {kind.target} | {_text(outcome, name, SAME)} | {_text(outcome, name, LOUD)} |\n"
        for name, kind in outcome.table.columns.items()
    ]


def size_lines(outcome: TableOutcome, as_text: TableOutcome) -> list[str]:
    """A line for each type that has a size."""
    return [
        f"| {kind.name} | {_text(outcome, name, SAME)} | {_text(outcome, name, LOUD)} "
        f"| {_text(as_text, name, LOUD)} |\n"
        for name, kind in outcome.table.columns.items()
    ]


def _text(outcome: TableOutcome, column: str, verdict: str) -> str:
    found = [one for one in outcome.verdicts if one.column == column and one.verdict == verdict]
    if not outcome.table.columns[column].given:
        return "every value that PostgreSQL makes" if found else ""
    return ", ".join(_cell(one.edge.shown) or _code(one.edge.text or "") for one in found if one.edge is not NULL)


def _code(text: str) -> str:
    """The text as code, with what cannot be seen made visible; long ones are cut."""
    if len(text) > _LONGEST:
        text = f"{text[:_KEPT]}…"
    before, after = len(text) - len(text.lstrip(" ")), len(text.lstrip(" ")) - len(text.strip(" "))
    seen = "".join(f"‹U+{ord(char):04X}›" if category(char) in _UNSEEN else char for char in text.strip(" "))
    seen = "␣" * before + seen + "␣" * after
    fence = "``" if "`" in seen else "`"
    return fence + _cell(seen) + fence


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
