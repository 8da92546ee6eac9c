"""The strategies by name: one line each."""

from collections.abc import Mapping

from functions.shared.contract.traits import StrategyName
from functions.shared.strategies.base import Strategy
from functions.shared.strategies.full_snapshot import FullSnapshot
from functions.shared.strategies.integer import Integer
from functions.shared.strategies.timestamp import Timestamp
from functions.shared.strategies.xmin import Xmin

REGISTRY: Mapping[StrategyName, Strategy] = {
    "timestamp": Timestamp(),
    "composite": Timestamp(),
    "integer": Integer(),
    "xmin": Xmin(),
    "full_snapshot": FullSnapshot(),
}
