"""The workflow's vocabulary of failure: the class name is the error name that the state machine retries or records."""


class SyncError(Exception):
    """Base of every error that ends a step; its message names the table, what happened and what to do."""


class TransientError(SyncError):
    """May pass by itself: the workflow retries it."""


class PermanentError(SyncError):
    """Does not pass by itself: the workflow sends a dead letter at once."""


class SourceUnavailable(TransientError):
    """Aurora could not be reached, or it dropped or cancelled the session."""


class WarehouseUnavailable(TransientError):
    """Snowflake could not be reached, or it dropped the session."""


class VaultUnavailable(TransientError):
    """Vault could not be reached, or it is sealed."""


class ParametersUnavailable(TransientError):
    """Parameter Store could not be reached, or it is throttled."""


class PipeStopped(TransientError):
    """The table's pipe is paused or has stopped: a person may be about to resume it."""


class ExportFailed(TransientError):
    """Aurora could not write the files to S3; each retry writes under a new name."""


class InvalidConfiguration(PermanentError):
    """A table specification, or a Parameter Store value, cannot be honoured."""


class AccessDenied(PermanentError):
    """Vault, Aurora, Snowflake or AWS refuses the identity, or a grant is missing."""


class FenceRefused(PermanentError):
    """There is no moment below which nothing can still commit, so nothing may be read."""


class StateTooLarge(PermanentError):
    """What the workflow keeps of a table is more than Step Functions hands from step to step."""


class NullWatermark(PermanentError):
    """Rows without a watermark value would never be exported."""


class RowsBehindWatermark(PermanentError):
    """Rows have appeared behind the watermark, where no run would read them."""


class SourceRejected(PermanentError):
    """Aurora refuses a statement for a reason that a retry does not change."""


class WarehouseRejected(PermanentError):
    """Snowflake refuses a statement for a reason that a retry does not change."""


class SchemaMismatch(PermanentError):
    """Aurora's columns are not the ones that STAGING and FINAL were made for."""


class LoadFailed(PermanentError):
    """Snowpipe refused a file of this batch, or a file was loaded twice."""


class LoadTimedOut(PermanentError):
    """Snowpipe did not load every file of this batch in time."""


class MergeFailed(PermanentError):
    """Snowflake refused the merge; FINAL and the watermark are unchanged."""


class ReconciliationFailed(PermanentError):
    """The merged batch does not add up, or a sampled row differs from Aurora's."""


class MaintenanceFailed(PermanentError):
    """Snowflake refused a part of the maintenance; the other parts are done."""
