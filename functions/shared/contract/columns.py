"""One column on its way: its type in Aurora, its place in the exported file, its name and type in Snowflake."""

from collections.abc import Sequence
from dataclasses import astuple, dataclass, replace
from functools import cached_property
from typing import Any

from functions.shared.contract.names import fold, quote
from functions.shared.contract.spec import Unrepresentable
from functions.shared.contract.types import AS_TEXT, SourceType, TypeRule, rule_for, text_rule

_ABSENT = replace(AS_TEXT, text="NULL::text", sizable=False)


@dataclass(frozen=True)
class Column:
    """`number` is the catalog's, which stays when a column is renamed.

    A `dropped` column keeps its place in the file, empty; `unrepresentable` decides about what Snowflake cannot hold.
    """

    name: str
    type: SourceType
    not_null: bool
    number: int
    unrepresentable: Unrepresentable = "quarantine"
    dropped: bool = False

    @property
    def target_name(self) -> str:
        """Its name in STAGING and FINAL."""
        return fold(self.name)

    @property
    def identifier(self) -> str:
        """Its quoted name in Snowflake's SQL."""
        return quote(self.target_name)

    @cached_property
    def known(self) -> bool:
        """Whether the contract knows its type, or its policy does without."""
        return self.unrepresentable == "text" or rule_for(self.type) is not None

    @cached_property
    def rule(self) -> TypeRule:
        """How its values travel; raises KeyError for a type that is not known."""
        rule = text_rule(self.type) if self.unrepresentable == "text" else rule_for(self.type)
        if rule is None:
            raise KeyError(self.type.label)
        return rule

    @property
    def target_type(self) -> str:
        """Its type in FINAL."""
        return self.rule.target

    @property
    def exported(self) -> TypeRule:
        """How its field in the file is made."""
        return _ABSENT if self.dropped else self.rule

    @property
    def type_name(self) -> str:
        """PostgreSQL's name of its type, as a cast takes it."""
        return self.type.label if self.type.is_array else self.type.name

    @property
    def flagged(self) -> bool:
        """Whether the file says of some of its values that they have no place in FINAL."""
        return not self.rule.always_holds

    @property
    def casts(self) -> bool:
        """Whether its text may be one that does not cast."""
        return self.target_type != "VARCHAR"

    def cast(self, text: str) -> str:
        """Snowflake SQL from the file's text to FINAL's type; NULL where it does not cast."""
        return self.rule.cast(text)

    def comparable(self, value: str) -> str:
        """Snowflake SQL by which two of its values are compared."""
        return self.rule.comparable(value)

    def to_json(self) -> list[Any]:
        """The form in which it travels through the workflow, whose state has room for little."""
        return [list(one) if isinstance(one, tuple) else one for one in astuple(self)]

    @classmethod
    def from_json(cls, value: Sequence[Any]) -> "Column":
        """The inverse of `to_json`."""
        name, source, *more = value
        return cls(name, SourceType(*source), *more)
