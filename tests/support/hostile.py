"""Values that would leave their quotes if they could, and accounts that have them."""

from sqlglot import TokenType
from sqlglot.dialects.snowflake import Snowflake

from infra.snowflake.account import SnowflakeAccount
from infra.snowflake.statements import account_statements, database_statements, grant_statements, tear_down_statements

HOSTILE = [
    'we"ird; drop',
    '"; DROP DATABASE X; --',
    "it's /* not a comment",
    "back\\slash",
    "{{ 7 * 7 }}{% raw %}",
    "%s %(x)s",
    "dots.and spaces",
    "end$",
    ":batch",
    "Größe 表",
]
NAMES = ("database", "role", "reader_role", "user", "warehouse")
TEXTS = ("bucket", "storage_role_arn", "storage_external_id", "public_key", "workload_identity_arn")
RENDERERS = [account_statements, database_statements, grant_statements, tear_down_statements]


def with_value(account: SnowflakeAccount, fields: tuple[str, ...], value: str) -> SnowflakeAccount:
    """The account with that value in the fields it uses, unchecked: quoting must hold by itself."""
    used = {name: value for name in fields if name in NAMES or getattr(account, name)}
    return account.model_copy(update=used)


def kinds(text: str) -> list[TokenType]:
    """What a statement is made of."""
    return [token.token_type for token in Snowflake().tokenizer_class().tokenize(text)]
