"""How the rows that a batch could not apply are counted."""

from functions.merge.batches import by_column


def test_rows_are_counted_by_each_of_their_columns() -> None:
    counts = [('cannot be held: "A" "say ""hi"""', 2), ('cannot be held: "A"', 3)]
    assert by_column(counts) == {"A": 5, 'say "hi"': 2}
