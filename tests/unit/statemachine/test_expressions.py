"""The definition's JSONata: every expression parses, and what it reads of its state's input is found."""

import copy

import pytest
from jsonata.jexception import JException
from jsonata.parser import Parser

from tests.support.definition import filled
from tests.support.expressions import Path, expressions, input_paths, inputs_of

DEFINITION = filled()
FOUND = list(expressions(DEFINITION))
READ = inputs_of(DEFINITION)


@pytest.mark.parametrize("expression", FOUND, ids=lambda found: f"{found.state}-{found.place}")
def test_every_expression_parses(expression) -> None:
    assert Parser().parse(expression.text)


def test_damage_does_not_parse() -> None:
    with pytest.raises(JException):
        Parser().parse("$states.input. ")


def test_no_expression_is_missed() -> None:
    inside = str(DEFINITION).count("{% ")
    assert len(FOUND) == inside
    assert len(set(FOUND)) == inside


@pytest.mark.parametrize(
    ("state", "place"),
    [
        ("Config", "Arguments.Payload"),
        ("Each table", "MaxConcurrency"),
        ("Each table", "ItemSelector.table"),
        ("Export", "Catch.0.Output"),
        ("Export slice", "Output"),
        ("Settle", "Seconds"),
        ("Anything new?", "Choices.2.Condition"),
        ("More to read?", "Choices.0.Output.result"),
        ("Record failure", "Arguments.MessageBody.rerun_input"),
    ],
)
def test_an_expression_has_its_state_and_its_place(state: str, place: str) -> None:
    assert [found.text for found in FOUND if (found.state, found.place) == (state, place)]


@pytest.mark.parametrize(
    ("expression", "paths"),
    [
        ("$states.input.load.status = 'PENDING'", {("load", "status")}),
        ("$states.input.`load`.'status'", {("load", "status")}),
        ("$states.input.loda.status = 'PENDING'", {("loda", "status")}),
        ("$exists($states.input.result) and $not('x' in $states.input.y.z)", {("result",), ("y", "z")}),
        ("($r := $states.input.result; $w := $r.waves; $w.n + $r.m)",
         {("result",), ("result", "waves"), ("result", "waves", "n"), ("result", "m")}),
        ("($s := $states; $i := $s.input; $i.a.b)", {("a", "b")}),
        ("($x := $states.input.a; ($x := 1; $x.b); $x.c)", {("a",), ("a", "c")}),
        ("$states.input.results[status = 'FAILED'].table_name", {("results", "status"), ("results", "table_name")}),
        ("$states.input.results[status = 'FAILED'][0]", {("results", "status"), ("results",)}),
        ("($r := $states.input.results; $r[[0..99]].(name & ': ' & error))",
         {("results",), ("results", "name"), ("results", "error")}),
        ("[$states.input.results[$exists(digest)].{'name': table_name, key: 1}]",
         {("results",), ("results", "digest"), ("results", "table_name"), ("results", "key")}),
        ("$states.input.results{table_name: $count(digest)}",
         {("results",), ("results", "table_name"), ("results", "digest")}),
        ("$states.input.rows^(>written_at).id", {("rows",), ("rows", "written_at"), ("rows", "id")}),
        ("$states.input.rows@$r.$r.id", {("rows",), ("rows", "id")}),
        ("$map($states.input.slices, function($slice) { $slice.low })", {("slices",), ("slices", "low")}),
        ("$filter($states.input.slices, function($s, $i) { $s.low > $i.high }).rows",
         {("slices",), ("slices", "low"), ("slices", "rows")}),
        ("$sift($states.input.counts, function($value) { $boolean($value) })", {("counts",)}),
        ("$map($keys($states.input.a), function($k) { $lookup($states.input.b, $k).c })", {("a",), ("b",)}),
        ("$lookup($states.input.a, 'b').c", {("a",), ("a", "b"), ("a", "b", "c")}),
        ("$append([$states.input.a], $states.input.b).c", {("a",), ("b",), ("a", "c"), ("b", "c")}),
        ("$states.input.a ? $states.input.b.c : {'d': $states.input.e}", {("a",), ("b", "c"), ("e",)}),
        ("($states.input.flag ? $states.input.a : $states.input.b).c",
         {("flag",), ("a",), ("b",), ("a", "c"), ("b", "c")}),
        ("[0, $states.input.a, $states.input.b][-1]", {("a",), ("b",)}),
        ("-$states.input.a ~> $abs()", {("a",)}),
        ("$states.input.a.*.b", {("a",)}),
    ],
)  # fmt: skip
def test_the_fields_of_the_input_are_found(expression: str, paths: set[Path]) -> None:
    assert input_paths(expression) == paths


@pytest.mark.parametrize(
    "expression",
    [
        "$states.input",
        "$merge([$states.input, $states.result.Payload])",
        "$states.result.rows",
        "$states.context.Execution.RedriveCount",
        "$parse($states.errorOutput.Cause & '').errorMessage",
        "$map($states.result, function($states) { $states.input.a })",
        "{'input': {'a': 1}}.input.a",
        "$input.a",
        "'$states.input.a'",
    ],
)
def test_what_is_no_field_of_the_input_is_none(expression: str) -> None:
    assert input_paths(expression) == set()


def test_what_the_walk_cannot_read_is_refused() -> None:
    with pytest.raises(NotImplementedError, match="transform"):
        input_paths("$states.input ~> |a|{'b': 1}|")


def test_the_fields_are_those_of_each_state() -> None:
    assert READ["Loaded?"] == {("load", "status")}
    assert READ["Anything new?"] == {("bounds", "status"), ("result",), ("result", "full_refresh")}
    assert READ["Each table"] == {
        ("tables",), ("tables", "table_name"), ("attempt",), ("replay",), ("cluster",), ("brief",), ("progress",),
    }  # fmt: skip
    assert READ["Redrive to retry failed tables"] == {
        ("attempt",), ("replay",), ("results", "status"), ("results", "table_name"),
    }  # fmt: skip
    assert {("merge", "ledger", "held"), ("failure", "message"), ("table", "table_name")} <= READ["Failed"]
    assert {("result", "waves"), ("result", "merged")} <= READ["Loaded"]
    assert {("table", "digest")} <= READ["Clear full refresh"]
    assert READ["Export slice"] == set()  # its function gets the whole input


def test_a_misspelt_field_of_the_definition_is_found() -> None:
    damaged = copy.deepcopy(DEFINITION)
    [choice] = damaged["States"]["Each table"]["ItemProcessor"]["States"]["Loaded?"]["Choices"]
    choice["Condition"] = choice["Condition"].replace("load", "loda")
    assert inputs_of(damaged)["Loaded?"] == {("loda", "status")}
