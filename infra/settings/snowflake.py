"""The context keys of Snowflake's account: what computes, what that may cost, and how long copies are kept."""

from collections.abc import Iterator
from typing import Annotated, Literal, get_args

from pydantic import BaseModel, Field, StringConstraints

from infra.settings.network import LIST

_WarehouseName = Annotated[str, StringConstraints(pattern=r"^[A-Z_](\$?[A-Z0-9_]){0,120}\$?$")]
# As CREATE WAREHOUSE spells them (docs.snowflake.com, CREATE WAREHOUSE).
_WarehouseSize = Literal[
    "XSMALL", "SMALL", "MEDIUM", "LARGE", "XLARGE", "XXLARGE", "XXXLARGE", "X4LARGE", "X5LARGE", "X6LARGE"
]
_SIZES = get_args(_WarehouseSize)
_SECONDS = "whole seconds, {} to 604800"


class SnowflakeSettings(BaseModel):
    """One field per context key; each description completes the sentence "must be ..."."""

    snowflake_warehouse_size: _WarehouseSize = Field(
        description=f"{', '.join(_SIZES[:-1])} or {_SIZES[-1]}", examples=["SMALL"]
    )
    snowflake_warehouse_generation: Literal["1", "2"] = Field(description="1 or 2, as a string", examples=["2"])
    snowflake_merge_warehouses: Annotated[tuple[_WarehouseName, ...], LIST] = Field(
        description="names of warehouses, upper case and without quotes, joined by commas, or empty for none",
        examples=["MERGE_BIG"],
    )
    snowflake_monthly_credits: int = Field(
        ge=0, le=1_000_000, description="whole credits up to 1000000, or 0 for no limit", examples=["1000"]
    )
    statement_timeout_seconds: int = Field(ge=60, le=604800, description=_SECONDS.format(60), examples=["14400"])
    statement_queued_timeout_seconds: int = Field(ge=60, le=604800, description=_SECONDS.format(60), examples=["3600"])
    lock_timeout_seconds: int = Field(ge=1, le=604800, description=_SECONDS.format(1), examples=["900"])
    final_retention_days: int = Field(ge=0, le=90, description="whole days, 0 to 90", examples=["1"])
    final_transient: bool = Field(description="true or false", examples=["false"])

    def retention_contradictions(self) -> Iterator[str]:
        """A sentence, as far as the full stop, where FINAL's tables cannot be kept so long."""
        if self.final_transient and self.final_retention_days > 1:
            yield (
                f"Context key final_retention_days is {self.final_retention_days}, but final_transient is true, and "
                "Snowflake keeps a transient table for 1 day at most: lower it, for example -c final_retention_days=1"
            )
