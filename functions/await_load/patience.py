"""When to look at a load again, and when to ask STAGING, for which a warehouse has to run. Pure."""

from datetime import timedelta

from functions.await_load.snowpipe import RUNNING, PipeStatus
from functions.shared.contract.state import Load
from functions.shared.ground.settings import settings

_LONGEST_WAIT_SECONDS = 60
# STAGING was asked: a warehouse suspends after a minute, and soon asked again it would never.
_LONGEST_WAIT_AFTER_ASKING_SECONDS = 120
# After this share of the load timeout the bucket's event is taken for lost.
_REFRESH_AFTER = 0.25
# A pipe is believed to have no event of the files yet for so many times the first look.
_NOTICES_WITHIN_LOOKS = 3
# The last file is written before the end of the export, by another clock.
_CLOCKS_DIFFER = timedelta(seconds=60)


def awaits_snowpipe(status: PipeStatus, load: Load, waited: float) -> bool:
    """Whether the pipe itself says that not every file can be loaded yet."""
    refreshing = load.looked_through > 0 and not load.refreshed
    if status.state != RUNNING or refreshing or waited > settings().load_timeout_seconds:
        return False
    unnoticed = status.notified is None or status.notified < load.since - _CLOCKS_DIFFER
    soon = waited < _NOTICES_WITHIN_LOOKS * settings().load_first_look_seconds
    return status.pending > 0 or (unnoticed and soon)


def seems_missed(load: Load, waited: float) -> bool:
    """Whether files that no event has brought by now are to be refreshed."""
    return not load.refreshed and waited > settings().load_timeout_seconds * _REFRESH_AFTER


def next_look(waited: float, asked: bool) -> int:
    """The seconds until the next look, more each time; `asked` is whether STAGING was."""
    share, longest = (2, _LONGEST_WAIT_AFTER_ASKING_SECONDS) if asked else (4, _LONGEST_WAIT_SECONDS)
    return min(longest, max(settings().load_poll_seconds, int(waited / share)))
