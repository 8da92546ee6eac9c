"""The bootstrap reads its own statements: what each makes true, and as whom."""

import pytest

from infra.snowflake.account import SnowflakeAccount
from infra.snowflake.bootstrap.statements import read
from infra.snowflake.statements import account_statements, database_statements, grant_statements, queue_statements
from tests.support.rendered import KEY, WORKLOAD


@pytest.mark.parametrize("account", [KEY, WORKLOAD])
def test_of_every_statement_is_known_what_it_makes_true(account: SnowflakeAccount) -> None:
    for statements in (account_statements, database_statements, grant_statements, queue_statements):
        assert all(statement.role for statement in read(statements(account)))


def test_a_statement_of_another_form_is_refused() -> None:
    with pytest.raises(ValueError, match="not known: TRUNCATE"):
        list(read(["USE ROLE SYSADMIN", "TRUNCATE TABLE T"]))
