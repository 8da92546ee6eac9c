"""One column on its way: its type in Aurora, its place in the exported file, its name and type in Snowflake."""

from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass, fields, replace
from functools import cached_property
from typing import Any

from functions.shared.contract.names import fold, quote
from functions.shared.contract.spec import Unrepresentable
from functions.shared.contract.types import AS_TEXT, SourceType, TypeRule, rule_for, text_rule

_ABSENT = replace(AS_TEXT, text="NULL::text", sizable=False)


@dataclass(frozen=True)
class Column:
    """A column; `number` is its attnum in the catalog, which stays when it is renamed.

    A `dropped` column keeps its place in the file, as NULL; `unrepresentable` is the policy for values that FINAL
    cannot hold.
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
    def supported(self) -> bool:
        """Whether its values can be copied: its type has a rule, or its policy is to copy the text."""
        return self.unrepresentable == "text" or rule_for(self.type) is not None

    @cached_property
    def rule(self) -> TypeRule:
        """How its values are exported and cast; raises KeyError where it is not `supported`."""
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
        """Whether the file may mark some of its values as ones that FINAL cannot hold."""
        return not self.rule.always_holds

    @property
    def casts(self) -> bool:
        """Whether its text is cast, which can fail."""
        return self.target_type != "VARCHAR"

    def cast(self, text: str) -> str:
        """Snowflake SQL from the file's text to FINAL's type; NULL where it does not cast."""
        return self.rule.cast(text)

    def written(self, value: str) -> str:
        """Snowflake SQL from one of its values to the text of a watermark."""
        return self.rule.written(value)

    def comparable(self, value: str) -> str:
        """Snowflake SQL by which two of its values are compared."""
        return self.rule.comparable(value)

    @property
    def shape(self) -> list[Any]:
        """Its fields in order: what changes when it does, the same in every version of this code."""
        return [list(one) if isinstance(one, tuple) else one for one in astuple(self)]

    def to_json(self) -> dict[str, Any]:
        """Its form as JSON: fields by name, without those that have their default."""
        return {**_set_fields(self), "type": _set_fields(self.type)}

    @classmethod
    def from_json(cls, value: Mapping[str, Any] | Sequence[Any]) -> "Column":
        """The inverse of `to_json`; takes the list of all fields in order as well, which was its form before."""
        if not isinstance(value, Mapping):
            name, source, *more = value
            return cls(name, SourceType(*source), *more)
        return cls(**{**value, "type": SourceType(**value["type"])})


def _set_fields(one: "Column | SourceType") -> dict[str, Any]:
    """The fields of a dataclass whose value is not the default."""
    return {field.name: getattr(one, field.name) for field in fields(one) if getattr(one, field.name) != field.default}
