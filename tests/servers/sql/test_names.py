"""No name leaves its quotes, whatever it holds."""

import pytest

from infra.snowflake.sql_files import files
from tests.support.gate import complaints, texts
from tests.support.hostile import HOSTILE, NAMES, RENDERERS, TEXTS, kinds, with_value
from tests.support.rendered import KEY


def test_quoted_names_are_read_by_sqlfluff() -> None:
    odd = with_value(with_value(KEY, NAMES, HOSTILE[0]), TEXTS, HOSTILE[3])
    for statement in (one for render in RENDERERS for one in render(odd)):
        assert complaints(statement) == []


@pytest.mark.parametrize("value", HOSTILE)
def test_a_hostile_database_is_one_name_in_every_file(value: str) -> None:
    odd = with_value(KEY, NAMES, value)
    for usual, other in zip(files(KEY), files(odd), strict=True):
        for plain, hostile in zip(usual.statements, other.statements, strict=True):
            pairs = list(zip(texts(plain), texts(hostile), strict=True))
            # A script in dollar quotes is one token, whose text is compared by itself.
            for one, another in pairs if len(pairs) == 1 else pairs[1:]:
                assert kinds(one) == kinds(another)
