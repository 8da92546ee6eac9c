"""Every JSONata expression of a definition, and the fields of its state's input that it reads.

``input_paths`` walks the tree that the parser makes, with what each variable and each context stands for: a path below
``$states``, or nothing that is known. An array stands for its items, as a path of JSONata does.
"""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from jsonata.parser import Parser

from tests.support.definition import states_of

Path = tuple[str, ...]
Paths = frozenset[Path]
Scope = dict[str, Paths]

_NOTHING: Paths = frozenset()
# Functions whose first argument is what their result consists of, and that of these that call a lambda with its items.
_KEEP = {"append", "distinct", "filter", "reverse", "shuffle", "single", "sort"}
_CALL_WITH_ITEMS = {"filter", "map", "single"}
_LITERALS = {"number", "operator", "regex", "string", "value"}


class Expression(NamedTuple):
    """An expression with its state and where in the state it is, as in ``Choices.0.Condition``."""

    state: str
    place: str
    text: str


def expressions(machine: dict[str, Any]) -> Iterator[Expression]:
    """Every expression of the machine, without its ``{% %}``; a Map's inner states are states of their own."""
    for name, state in states_of(machine):
        own = {field: value for field, value in state.items() if field not in {"ItemProcessor", "Branches"}}
        for place, text in _texts(own):
            if text.startswith("{%") and text.endswith("%}"):
                yield Expression(name, place, text[2:-2].strip())


def inputs_of(machine: dict[str, Any]) -> dict[str, set[Path]]:
    """The fields of its input that each state's expressions read."""
    found: dict[str, set[Path]] = {}
    for expression in expressions(machine):
        found.setdefault(expression.state, set()).update(input_paths(expression.text))
    return found


def input_paths(expression: str) -> set[Path]:
    """Each path below ``$states.input`` that the expression reads: ``("load", "status")``."""
    reading = _Reading()
    reading.read(Parser().parse(expression), _NOTHING, {"states": frozenset({()})})
    return {path[1:] for path in reading.read_paths if path[0] == "input" and len(path) > 1}


def _texts(value: Any, place: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        yield place, value
    elif isinstance(value, Mapping | list):
        for key, inner in value.items() if isinstance(value, Mapping) else enumerate(value):
            yield from _texts(inner, f"{place}.{key}" if place else str(key))


class _Reading:
    """One walk through a parsed expression; each method answers which paths the node's value can be."""

    def __init__(self) -> None:
        self.read_paths: set[Path] = set()

    def read(self, node: Any, context: Paths, scope: Scope) -> Paths:
        """Any node. Names are fields of the context, which a path, a filter and a constructor set."""
        if node.type in _LITERALS:
            value = _NOTHING
        elif (reader := getattr(self, f"_{node.type}", None)) is not None:
            value = reader(node, context, scope)
        else:
            raise NotImplementedError(f"input_paths cannot read a {node.type} of JSONata yet: add it here")
        for stage in node.predicate or []:
            self._filter(stage, value, scope)
        if node.group is not None:
            self._pairs(node.group, value, scope)
            return _NOTHING
        return value

    def _path(self, node: Any, context: Paths, scope: Scope) -> Paths:
        value = context
        for position, step in enumerate(node.steps):
            if step.type != "name" and position > 0:
                self._note(value)  # a field before a constructor, a call or a sort is itself read
            value = self.read(step, value, scope)
            for stage in step.stages or []:
                self._filter(stage, value, scope)
            if step.focus is not None:
                scope[step.focus] = value
        return self._note(value)

    def _name(self, node: Any, context: Paths, _scope: Scope) -> Paths:
        return frozenset((*path, str(node.value)) for path in context)

    def _variable(self, node: Any, context: Paths, scope: Scope) -> Paths:
        return context if node.value == "" else scope.get(str(node.value), _NOTHING)

    def _filter(self, node: Any, context: Paths, scope: Scope) -> Paths:
        if node.type == "filter":
            self.read(node.expr, context, scope)
        return context

    def _sort(self, node: Any, context: Paths, scope: Scope) -> Paths:
        for term in node.terms:
            self.read(term.expression, context, scope)
        return context

    def _bind(self, node: Any, context: Paths, scope: Scope) -> Paths:
        scope[str(node.lhs.value)] = value = self.read(node.rhs, context, scope)
        return value

    def _block(self, node: Any, context: Paths, scope: Scope) -> Paths:
        inner, value = dict(scope), _NOTHING
        for expression in node.expressions:
            value = self.read(expression, context, inner)
        return value

    def _condition(self, node: Any, context: Paths, scope: Scope) -> Paths:
        self.read(node.condition, context, scope)
        otherwise = _NOTHING if node._else is None else self.read(node._else, context, scope)
        return self.read(node.then, context, scope) | otherwise

    def _binary(self, node: Any, context: Paths, scope: Scope) -> Paths:
        self.read(node.lhs, context, scope)
        self.read(node.rhs, context, scope)
        return _NOTHING

    _apply = _binary

    def _unary(self, node: Any, context: Paths, scope: Scope) -> Paths:
        if node.value == "[":
            return _NOTHING.union(*(self.read(item, context, scope) for item in node.expressions))
        if node.value == "{":
            self._pairs(node, context, scope)
        else:
            self.read(node.expression, context, scope)
        return _NOTHING

    def _pairs(self, node: Any, context: Paths, scope: Scope) -> None:
        for pair in node.lhs_object:
            for part in pair:
                self.read(part, context, scope)

    def _lambda(self, node: Any, context: Paths, scope: Scope, items: Paths = _NOTHING) -> Paths:
        """A function's body; only its first parameter can stand for a path, where it is called with known items."""
        parameters = [str(parameter.value) for parameter in node.arguments]
        given = dict.fromkeys(parameters, _NOTHING) | dict.fromkeys(parameters[:1], items)
        self.read(node.body, context, scope | given)
        return _NOTHING

    def _function(self, node: Any, context: Paths, scope: Scope) -> Paths:
        name = str(node.procedure.value) if node.procedure.type == "variable" else ""
        if not name:
            self.read(node.procedure, context, scope)
        first, *others = node.arguments or [None]
        value = _NOTHING if first is None else self.read(first, context, scope)
        for other in others:
            if other.type == "lambda" and name in _CALL_WITH_ITEMS:
                self._lambda(other, context, scope, value)
            else:
                more = self.read(other, context, scope)
                value |= more if name == "append" else _NOTHING
        if name == "lookup" and others[0].type == "string":
            return self._note(self._name(others[0], value, scope))
        return value if name in _KEEP else _NOTHING

    _partial = _function

    def _unknown(self, _node: Any, context: Paths, _scope: Scope) -> Paths:
        self._note(context)
        return _NOTHING

    _wildcard = _descendant = _parent = _unknown

    def _note(self, value: Paths) -> Paths:
        self.read_paths |= {path for path in value if path}
        return value
