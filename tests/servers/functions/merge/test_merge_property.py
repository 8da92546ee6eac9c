"""Whatever the order of batches, retries and replays, FINAL ends with the newest version of each key."""

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from functions.shared.contract.rules import MergeRules
from tests.support.batches import KEYED, KEYLESS, Refused, Row, Target, assert_adds_up, at

SLOW = settings(
    max_examples=4,
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],  # each step of shrinking would merge for seconds
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
UNCASTABLE = "not a number"
values = st.one_of(st.integers(0, 99).map(str), st.none(), st.just(UNCASTABLE))
contents = st.dictionaries(st.integers(1, 4).map(str), values, max_size=4)


def held(value: str | None) -> int | None:
    return None if value is None or value == UNCASTABLE else int(value)


def listed(target: Target, batch: str) -> int:
    found = target.warehouse.rows(
        'SELECT COUNT(*) AS "N" FROM "AURORA"."CONTROL"."QUARANTINE" WHERE "BATCH_ID" = %s', [batch]
    )
    return int(found[0]["N"])


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
            if newest.get(int(key), (0, None))[0] < version:
                newest[int(key)] = (version, value)
    order = data.draw(st.permutations(batches), "order")
    replays = data.draw(st.lists(st.sampled_from(batches), max_size=2), "replays")
    merged: set[str] = set()
    for batch in [*order, *replays]:
        assert target.merge(KEYED, batch) == ("ALREADY_MERGED" if batch in merged else "MERGED")
        merged.add(batch)
    assert target.final() == [(key, held(value)) for key, (_, value) in sorted(newest.items())]
    for batch in batches:
        assert_adds_up(target.ledger(batch))
        assert target.ledger(batch)["merged"] >= 0
        assert target.ledger(batch)["quarantined"] == listed(target, batch)


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


KEY, VALUE, WATERMARK = 1, 2, 3
marked = st.tuples(st.integers(0, 9), st.sets(st.sampled_from([KEY, VALUE, WATERMARK]), max_size=2))
snapshots = st.dictionaries(st.integers(1, 5).map(str), marked, max_size=5)


def marred(key: str, second: int, places: set[int]) -> Row:
    texts = (f"no number {key}" if KEY in places else key, "many" if VALUE in places else "7", at(second))
    return Refused(texts, WATERMARK) if WATERMARK in places else texts


@SLOW
@given(first=snapshots, second=snapshots, swapped=st.booleans())
def test_every_row_of_a_complete_batch_is_counted_once_whatever_is_wrong_with_it(
    target: Target,
    first: dict[str, tuple[int, set[int]]],
    second: dict[str, tuple[int, set[int]]],
    swapped: bool,
) -> None:
    """Of each row any two of key, value and watermark are refused, or none, and it lies on either side of the fence."""
    fresh(target, KEYED)
    batches = []
    for version, rows in enumerate((first, second), 1):
        texts = [marred(key, second, places) for key, (second, places) in rows.items()]
        batches.append(target.load(texts, version=version, complete=True, high=at(5)))
    for batch in reversed(batches) if swapped else batches:
        assert target.merge(KEYED, batch) == "MERGED"
    for batch, rows in zip(batches, (first, second), strict=True):
        ledger = target.ledger(batch)
        assert_adds_up(ledger)
        assert min(ledger.values()) >= 0
        assert ledger["held"] == sum(moment >= 5 and not marks & {KEY, WATERMARK} for moment, marks in rows.values())
        assert ledger["quarantined"] >= sum(KEY in marks for _, marks in rows.values())
    newest = batches[-1]  # it settles the other's entries where it was merged after it
    assert target.ledger(newest)["quarantined"] == listed(target, newest)
