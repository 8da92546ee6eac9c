"""What a person may do to a table's objects in Snowflake."""

from collections.abc import Iterator

from tests.system.drift.cases import WITHOUT_STAGING, Case


def manual_cases() -> Iterator[Case]:
    """FINAL and STAGING changed or dropped by hand while a run waits."""
    yield Case(
        "column_of_final_dropped_by_a_person",
        in_snowflake="ALTER TABLE {final} DROP COLUMN LABEL",
        columns="label text",
        values="'label ' || n",
        strategies=("xmin",),
        said=("column 'label' is made again in FINAL", "until full_refresh is set to true"),
        promise="id, note, updated_at, CASE WHEN NOT {old} THEN label END AS label",
        held_fails="MergeFailed",
    )
    yield Case(
        "watermark_of_final_dropped_by_a_person",
        in_snowflake="ALTER TABLE {final} DROP COLUMN UPDATED_AT",
        strategies=("timestamp",),
        said=("column 'updated_at' is made again in FINAL",),
        held_fails="MergeFailed",
    )
    yield Case(
        "final_dropped_by_a_person",
        in_snowflake="DROP TABLE {final}",
        strategies=("timestamp", "full_snapshot"),
        said=("made again",),
        held_fails=WITHOUT_STAGING,
    )
    yield Case(
        "staging_dropped_by_a_person",
        in_snowflake="DROP TABLE {staging}",
        strategies=("timestamp",),
        said=("was gone and is made again",),
    )
    yield Case(
        "final_made_by_a_person_with_another_order_of_columns",
        strategies=("xmin",),
        in_snowflake="ALTER TABLE {final} RENAME TO {final}_LAST; CREATE TABLE {final} (LABEL VARCHAR, "
        "_VERSION NUMBER(20, 0) NOT NULL, UPDATED_AT TIMESTAMP_TZ(6), LOADED_BY VARCHAR, NOTE VARCHAR, "
        "_SYNCED_AT TIMESTAMP_LTZ(6) NOT NULL, ID NUMBER(19, 0)); INSERT INTO {final} "
        "(ID, NOTE, LABEL, UPDATED_AT, _VERSION, _SYNCED_AT) "
        "SELECT ID, NOTE, LABEL, UPDATED_AT, _VERSION, _SYNCED_AT FROM {final}_LAST",
        columns="label text",
        values="'label ' || n",
    )
