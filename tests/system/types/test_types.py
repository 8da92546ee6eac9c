"""Every value of every type arrives as it was, or the run names the column and counts the row."""

from collections import defaultdict

import pytest

from tests.system.types.catalogue import FAMILIES
from tests.system.types.forms import seen_there
from tests.system.types.limits import may_be_refused
from tests.system.types.page import PAGE, page
from tests.system.types.study import NAMES, POLICIES, Study, TableOutcome
from tests.system.types.verdicts import LOUD, SAME

each_table = pytest.mark.parametrize(
    ("family", "policy"), [(family, policy) for policy in POLICIES for family in (*FAMILIES, NAMES)]
)
# Values that differ in notation only: JSON has no scale and no -0.
_EQUAL_AS_JSON = {"1.50", "-0.0", "0.0"}


@each_table
def test_every_value_arrives_or_is_listed_as_the_catalogue_says(study: Study, family: str, policy: str) -> None:
    outcome = study.tables[family, policy]
    assert not outcome.problems, "\n".join(outcome.problems)
    assert len(outcome.verdicts) == len(outcome.table.rows) * len(outcome.table.columns) > 0


@pytest.mark.parametrize("family", [*FAMILIES, NAMES])
def test_as_text_every_value_that_fits_arrives(study: Study, family: str) -> None:
    loud = {one.edge.called for one in study.tables[family, "text"].verdicts if one.verdict != SAME}
    assert all(" MiB" in called for called in loud), loud


@pytest.mark.parametrize("family", FAMILIES)
def test_the_comparison_tells_every_two_values_of_a_type_apart(study: Study, family: str) -> None:
    outcome = study.tables[family, "quarantine"]
    for name, kind in outcome.table.columns.items():
        texts = defaultdict(set)
        for text in {row[name] for row in outcome.texts.values()} - {None}:
            texts[seen_there(kind.form, text)].add(text)
        alike = [found for found in texts.values() if len(found) > 1 and not found & _EQUAL_AS_JSON]
        assert not alike, (kind.name, alike)


@pytest.mark.parametrize("family", [family for family in FAMILIES if family != "sizes"])
def test_what_the_catalogue_calls_unholdable_is_so_by_its_text(study: Study, family: str) -> None:
    outcome = study.tables[family, "quarantine"]
    for number, row in enumerate(outcome.table.rows, 1):
        for name, edge in row.items():
            text, kind = outcome.texts[number][name], outcome.table.columns[name]
            assert text is None or may_be_refused(kind.form, text) is not edge.held, (kind.name, text)


def test_the_catalogue_has_what_it_promises(study: Study) -> None:
    assert len({kind.name for kinds in FAMILIES.values() for kind in kinds} - study.missing) >= 140
    assert sum(verdict.verdict == LOUD for outcome in _outcomes(study) for verdict in outcome.verdicts) > 100


def test_the_committed_page_is_what_the_run_makes(study: Study) -> None:
    if study.missing:
        pytest.skip(f"this server has no {', '.join(sorted(study.missing))}, which the page tells of")
    assert PAGE.read_text() == page(study), "run make types"


def _outcomes(study: Study) -> list[TableOutcome]:
    return list(study.tables.values())
