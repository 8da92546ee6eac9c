"""How old something must be before maintenance may touch it."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from functions.shared.contract.names import literal
from functions.shared.contract.watermark import as_text

# An execution is ended after a day: what is older was not written by one that still runs as it was started.
_SETTLED = timedelta(days=1)
# It may be redriven for 14 days after its end, and then last a day again.
_UNMERGED = timedelta(days=30)
_HISTORY = timedelta(days=90)


@dataclass(frozen=True)
class Moments:
    """Rows of control tables from before `settled` may be rewritten; what is not merged and older than `unmerged` never
    will be; history from before `oldest` goes, but for what a run still reads."""

    settled: datetime
    unmerged: datetime
    oldest: datetime

    @classmethod
    def before(cls, now: datetime) -> "Moments":
        """Counted back from now."""
        return cls(now - _SETTLED, now - _UNMERGED, now - _HISTORY)

    def names(self) -> dict[str, str]:
        """The variables by which the templates name them: Snowflake's constants, and texts in Aurora's form."""
        moments = vars(self).items()
        constants = {name: f"{literal(as_text(moment))}::TIMESTAMP_LTZ" for name, moment in moments}
        return {**constants, **{f"{name}_text": literal(as_text(moment)) for name, moment in moments}}
