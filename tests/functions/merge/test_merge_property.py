"""Whatever the order of batches, retries and replays, FINAL ends with the newest version of each key."""

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from functions.shared.warehouse_sql import MergeRules
from tests.functions.batches import KEYED, KEYLESS, Row, Target, assert_adds_up, at

SLOW = settings(
    max_examples=4, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
values = st.one_of(st.integers(0, 99).map(str), st.none(), st.just("not a number"))
contents = st.dictionaries(st.integers(1, 4).map(str), values, max_size=4)


def fresh(target: Target, rules: MergeRules) -> None:
    """Hypothesis runs all its examples on one fixture: each begins with empty tables."""
    target.make(rules)
    for table in (target.objects.staging, target.objects.final):
        target.warehouse.execute(f"DELETE FROM {table}")


@SLOW
@given(data=st.data(), versions=st.lists(st.tuples(st.integers(1, 9), contents), min_size=2, max_size=4))
def test_any_interleaving_ends_with_the_newest_version_of_each_key(
    target: Target, data: st.DataObject, versions: list[tuple[int, dict[str, str | None]]]
) -> None:
    fresh(target, KEYED)
    newest: dict[int, tuple[int, str | None]] = {}
    batches = []
    for version, content in dict(versions).items():
        rows: list[Row] = [(key, value, at(version)) for key, value in content.items()]
        batches.append(target.load(rows, version=version))
        if data.draw(st.booleans(), "exported twice under two names"):
            batches.append(target.load(rows, version=version))
        for key, value in content.items():
            if value != "not a number" and newest.get(int(key), (0, None))[0] < version:
                newest[int(key)] = (version, value)
    order = data.draw(st.permutations(batches), "order")
    replays = data.draw(st.lists(st.sampled_from(batches), max_size=2), "replays")
    merged: set[str] = set()
    for batch in [*order, *replays]:
        assert target.merge(KEYED, batch) == ("ALREADY_MERGED" if batch in merged else "MERGED")
        merged.add(batch)
    assert target.final() == [
        (key, None if value is None else int(value)) for key, (_, value) in sorted(newest.items())
    ]
    for batch in batches:
        assert_adds_up(target.ledger(batch))


@SLOW
@given(data=st.data(), sizes=st.lists(st.integers(0, 3), min_size=2, max_size=4))
def test_any_interleaving_of_overlapping_windows_appends_each_row_once(
    target: Target, data: st.DataObject, sizes: list[int]
) -> None:
    """Fenced windows: each reaches from some earlier end to its own fence, and misses nothing in between."""
    fresh(target, KEYLESS)
    moments: list[list[Row]] = [[("1", str(second), at(second))] * size for second, size in enumerate(sizes, 1)]
    batches, done = [], 0
    for high in range(1, len(moments) + 1):
        low = data.draw(st.integers(0, done), "low")
        rows = [row for moment in moments[low:high] for row in moment]
        batches.append(target.load(rows, version=high))
        if data.draw(st.booleans(), "merged before the next window is read"):
            for batch in data.draw(st.permutations(batches), "order"):
                target.merge(KEYLESS, batch)
            done = high
    for batch in [*data.draw(st.permutations(batches), "last order"), batches[0]]:
        target.merge(KEYLESS, batch)
    assert target.final('"VALUE"') == [(1, second) for second, size in enumerate(sizes, 1) for _ in range(size)]
    for batch in batches:
        assert_adds_up(target.ledger(batch))
