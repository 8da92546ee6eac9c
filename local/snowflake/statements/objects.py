"""The objects other than tables and views that statements make, change and drop."""

from __future__ import annotations

from dataclasses import dataclass

from local.snowflake.account.grant_book import GrantBook
from local.snowflake.account.objects import AccountObjects
from local.snowflake.pipes.pipes import Pipes
from local.snowflake.session.context import Registry
from local.snowflake.tasks.tasks import Tasks


@dataclass(frozen=True)
class Objects:
    """The objects and grants of one account."""

    account: AccountObjects
    pipes: Pipes
    tasks: Tasks

    @property
    def grants(self) -> GrantBook:
        """The grants on these objects and on tables."""
        return self.account.grants

    def registry(self, kind: str) -> Registry | None:
        """The pipes or the tasks; None for every other kind."""
        registries: dict[str, Registry] = {"PIPE": self.pipes, "TASK": self.tasks}
        return registries.get(kind)
