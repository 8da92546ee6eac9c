"""The bounds of one run: NEW, IDLE or SETTLING, per strategy, against real tables and a chosen Snowflake state."""

import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from functions.shared.aurora.session import AuroraSession
from functions.shared.contract.bounds import Bounds, TransactionWindow
from functions.shared.contract.watermark import Progress, Watermark, as_text
from functions.shared.ground.errors import InvalidConfiguration
from tests.support.sources import MARGIN, Source

NOTHING = Progress(exists=False)
EMPTY = Progress()


def filled(low: str | None, version: int = 1, **last: Any) -> Progress:
    return Progress(low=low, version=version, last=Watermark(**last))


@pytest.fixture
def events(source: AuroraSession, owner: Any, schema: str) -> Source:
    owner.execute(f"CREATE TABLE {schema}.t (id int PRIMARY KEY, at timestamptz NOT NULL DEFAULT now())")
    owner.execute(f"INSERT INTO {schema}.t VALUES (1, now() - interval '1 hour'), (2, now() - interval '1 minute')")
    return Source(source, {"table_name": f"{schema}.t", "watermark_col": "at"})


def newest(source: Source, column: str = "at") -> str:
    found = source.aurora.row(f"SELECT max({column}) AS value FROM {source.raw['table_name']}")["value"]
    return as_text(found)


class TestTimestamp:
    @pytest.mark.parametrize("state", [NOTHING, EMPTY])
    def test_a_first_run_reads_everything_below_the_fence(self, events: Source, state: Progress) -> None:
        bounds = events.resolve(state)
        assert (bounds.status, bounds.low, bounds.complete, bounds.held) == ("NEW", None, False, 0)
        assert bounds.high is not None
        assert bounds.target_exists == state.exists

    def test_a_run_starts_where_final_ends_and_ends_at_the_fence(self, events: Source) -> None:
        fence = events.fence()
        low = as_text(fence.moment - timedelta(minutes=30))
        bounds = events.resolve(filled(low), fence)
        assert (bounds.status, bounds.low, bounds.high) == ("NEW", low, as_text(fence.moment))

    def test_nothing_new_is_idle(self, events: Source) -> None:
        bounds = events.resolve(filled(newest(events)))
        assert bounds.status == "IDLE"
        assert "nothing between" in bounds.note

    def test_rows_dated_before_the_last_fence_are_read_and_counted_as_late(self, events: Source) -> None:
        low, passed = (as_text(datetime.now(UTC) - timedelta(**age)) for age in ({"hours": 2}, {"minutes": 30}))
        bounds = events.resolve(filled(low, high=passed, reads="column at"))
        assert (bounds.status, bounds.late) == ("NEW", 1)
        assert events.resolve(filled(low, reads="column at")).late == 0

    def test_rows_past_the_fence_are_counted_not_read(self, events: Source, owner: Any) -> None:
        owner.execute(f"INSERT INTO {events.raw['table_name']} VALUES (3, now() + interval '1 day')")
        bounds = events.resolve(filled(newest(events)[:4] + "-01-01T00:00:00+00:00"))
        assert (bounds.status, bounds.held) == ("NEW", 1)
        idle = events.resolve(filled(as_text(datetime.now(UTC) - timedelta(seconds=1))))
        assert (idle.status, idle.held) == ("IDLE", 1)
        assert "1 rows are held back" in idle.note

    def test_rows_of_the_last_moment_settle_once_and_are_then_new(self, events: Source, owner: Any) -> None:
        state = filled(newest(events))
        owner.execute(f"INSERT INTO {events.raw['table_name']} VALUES (3, clock_timestamp())")
        fence = events.fence()
        fence = replace(fence, moment=fence.clock - timedelta(seconds=MARGIN + 0.5))
        settling = events.resolve(state, fence, settled=False)
        assert (settling.status, settling.wait_seconds) == ("SETTLING", 2)
        time.sleep(2 * MARGIN)
        assert events.resolve(state, settled=True).status == "NEW"

    def test_a_second_settling_is_not_asked_for(self, events: Source, owner: Any) -> None:
        owner.execute(f"INSERT INTO {events.raw['table_name']} VALUES (3, clock_timestamp())")
        fence = events.fence()
        fence = replace(fence, moment=fence.clock - timedelta(seconds=MARGIN + 0.5))
        assert events.resolve(filled(as_text(fence.moment)), fence, settled=True).status == "IDLE"

    def test_a_fence_that_a_transaction_holds_is_not_waited_for(self, events: Source, owner: Any) -> None:
        owner.execute(f"INSERT INTO {events.raw['table_name']} VALUES (3, clock_timestamp())")
        fence = events.fence()
        fence = replace(fence, moment=fence.clock - timedelta(seconds=30))
        bounds = events.resolve(filled(as_text(fence.moment)), fence, settled=False)
        assert (bounds.status, bounds.held) == ("IDLE", 1)

    def test_a_full_refresh_reads_everything(self, events: Source) -> None:
        bounds = events.resolve(filled(newest(events)), full_refresh=True)
        assert (bounds.status, bounds.complete, bounds.reset) == ("NEW", True, False)

    def test_versions_going_back_reload_and_reset_loudly(self, events: Source) -> None:
        fence = events.fence()
        bounds = events.resolve(filled(newest(events), version=fence.version + 1), fence)
        assert (bounds.status, bounds.complete, bounds.reset) == ("NEW", True, True)
        assert "went back" in bounds.note
        same = events.resolve(filled(newest(events), version=fence.version), fence)
        assert (same.status, same.complete, same.reset) == ("IDLE", False, False)

    def test_bounds_of_another_watermark_are_not_continued(self, events: Source) -> None:
        for before in ("column created_at", "xmin", "full_snapshot"):
            bounds = events.resolve(filled(newest(events), reads=before))
            assert (bounds.status, bounds.complete, bounds.reset) == ("NEW", True, False)
            assert before in bounds.note
        assert events.resolve(filled(newest(events), reads="column at")).status == "IDLE"
        assert events.resolve(
            filled(newest(events), reads="column at"),
            watermark_type="composite", watermark_cols=["at", "id"], watermark_col=None,
        ).status == "IDLE"  # fmt: skip


@pytest.fixture
def local_times(source: AuroraSession, owner: Any, schema: str) -> Source:
    owner.execute(f"CREATE TABLE {schema}.t (id int PRIMARY KEY, at timestamp NOT NULL, day date NOT NULL)")
    local = "now() AT TIME ZONE 'Asia/Kolkata'"
    owner.execute(f"INSERT INTO {schema}.t VALUES (1, {local}, ({local})::date - 1)")
    return Source(source, {"table_name": f"{schema}.t", "watermark_col": "at"})


class TestWithoutTimeZone:
    def test_the_fence_is_stated_in_the_columns_zone(self, local_times: Source) -> None:
        fence = local_times.fence()
        bounds = local_times.resolve(EMPTY, fence, watermark_timezone="Asia/Kolkata")
        expected = (fence.moment.astimezone(UTC) + timedelta(hours=5, minutes=30)).replace(tzinfo=None)
        assert datetime.fromisoformat(str(bounds.high)) == expected
        assert bounds.below
        assert bounds.below.type_name == "timestamp"

    def test_without_a_stated_zone_it_is_the_databases(self, local_times: Source) -> None:
        fence = local_times.fence()
        bounds = local_times.resolve(EMPTY, fence)
        assert datetime.fromisoformat(str(bounds.high)) == fence.moment.astimezone(UTC).replace(tzinfo=None)
        assert bounds.held == 1  # Indian time lies past a fence in UTC: held back, not lost

    def test_a_role_with_a_zone_of_its_own_needs_the_zone_to_be_stated(self, local_times: Source, owner: Any) -> None:
        """The sync's own would put the fence hours past what the writers write; another's rows lie hours before it."""
        own = local_times.aurora.row("SELECT current_user AS name")["name"]
        for role in (own, "aurora_owner"):
            owner.execute(f"ALTER ROLE {role} SET TimeZone = 'America/Bogota'")
            try:
                with pytest.raises(
                    InvalidConfiguration, match=rf"role {role} has America/Bogota; set watermark_timezone"
                ):
                    local_times.resolve(EMPTY)
                assert local_times.resolve(EMPTY, watermark_timezone="UTC").held == 1
            finally:
                owner.execute(f"ALTER ROLE {role} RESET TimeZone")
        assert local_times.resolve(EMPTY).held == 1

    @pytest.mark.parametrize("zone", ["Europe/Berlin", "America/New_York"])
    def test_a_zone_with_clock_changes_is_refused(self, local_times: Source, zone: str) -> None:
        with pytest.raises(
            InvalidConfiguration, match=rf"'at' is a timestamp without time zone in {zone}.*timestamptz"
        ):
            local_times.resolve(EMPTY, watermark_timezone=zone)

    def test_a_date_column_is_read_up_to_yesterday_of_its_zone(self, local_times: Source) -> None:
        fence = local_times.fence()
        today = (fence.moment.astimezone(UTC) + timedelta(hours=5, minutes=30)).date()
        bounds = local_times.resolve(
            EMPTY, fence, watermark_col="day", watermark_timezone="Asia/Kolkata", settled=False
        )
        assert (bounds.status, bounds.high, bounds.held) == ("NEW", today.isoformat(), 0)

    def test_days_have_no_repeated_hours_so_any_zone_serves(self, local_times: Source) -> None:
        assert local_times.resolve(EMPTY, watermark_col="day", watermark_timezone="Europe/Berlin").high

    def test_todays_rows_of_a_date_column_are_held_until_tomorrow(self, local_times: Source, owner: Any) -> None:
        owner.execute(f"UPDATE {local_times.raw['table_name']} SET day = (now() AT TIME ZONE 'UTC')::date")
        bounds = local_times.resolve(EMPTY, watermark_col="day", settled=False)
        assert (bounds.status, bounds.held) == ("IDLE", 1)


@pytest.fixture
def numbers(source: AuroraSession, owner: Any, schema: str) -> Source:
    owner.execute(f"CREATE TABLE {schema}.t (id serial PRIMARY KEY); INSERT INTO {schema}.t VALUES (1), (2), (3)")
    owner.execute(f"SELECT setval('{schema}.t_id_seq', 3)")
    return Source(source, {"table_name": f"{schema}.t", "watermark_type": "integer", "watermark_col": "id"})


def window_of(source: Source, state: Progress, settle: float = 2 * MARGIN, **spec: Any) -> Bounds:
    """The first call, and after the wait the second, as the workflow makes them."""
    first = source.resolve(state, settled=False, **spec)
    if first.status != "SETTLING":
        return first
    assert first.reading is not None
    time.sleep(settle)
    return source.resolve(state, reading=first.reading, settled=True, **spec)


class TestInteger:
    def test_a_ceiling_is_used_once_the_fence_has_passed_its_reading(self, numbers: Source) -> None:
        bounds = window_of(numbers, EMPTY)
        assert (bounds.status, bounds.low, bounds.high, bounds.held) == ("NEW", None, "4", 0)
        assert numbers.readings.stored == []

    def test_nothing_above_final_is_idle_at_once(self, numbers: Source) -> None:
        assert numbers.resolve(filled("3"), settled=False).status == "IDLE"
        assert numbers.resolve(EMPTY, settled=False).status == "SETTLING"

    def test_a_ceiling_under_an_open_transaction_is_kept_for_the_next_run(
        self, numbers: Source, owner: Any, session: Any
    ) -> None:
        table = numbers.raw["table_name"]
        session.execute(f"INSERT INTO {table} DEFAULT VALUES RETURNING id")
        assert session.fetchone() == (4,)
        owner.execute(f"INSERT INTO {table} DEFAULT VALUES")  # 5 is committed before 4
        blocked = window_of(numbers, filled("3"))
        assert blocked.status == "IDLE"
        assert "transaction open since" in blocked.note
        assert [ceiling for ceiling, _ in numbers.readings.stored] == [5]
        session.connection.commit()
        owner.execute(f"INSERT INTO {table} DEFAULT VALUES")
        session.execute(f"INSERT INTO {table} DEFAULT VALUES")  # 7 stays open
        passed = window_of(numbers, filled("3"))
        assert (passed.status, passed.high, passed.held) == ("NEW", "6", 1)
        session.connection.rollback()

    def test_the_present_maximum_as_ceiling_would_lose_a_late_commit(
        self, numbers: Source, owner: Any, session: Any
    ) -> None:
        """The damage that waiting for the fence prevents."""
        table = numbers.raw["table_name"]
        session.execute(f"INSERT INTO {table} DEFAULT VALUES")
        owner.execute(f"INSERT INTO {table} DEFAULT VALUES")
        naive = numbers.aurora.row(f"SELECT max(id) AS high FROM {table}")["high"]
        taken = {row["id"] for row in numbers.aurora.rows(f"SELECT id FROM {table} WHERE id > 3 AND id <= {naive}")}
        session.connection.commit()
        after = {row["id"] for row in numbers.aurora.rows(f"SELECT id FROM {table} WHERE id > {naive}")}
        assert (taken, after) == ({5}, set())

    def test_readings_from_before_a_restore_are_void(self, numbers: Source, owner: Any, session: Any) -> None:
        table = numbers.raw["table_name"]
        numbers.readings.stored.append((1000, "2026-01-01T00:00:00.000000+00:00"))
        reset = window_of(numbers, filled("999", version=2**60))
        assert (reset.reset, reset.high) == (True, "4")
        session.execute(f"INSERT INTO {table} DEFAULT VALUES")
        owner.execute(f"INSERT INTO {table} DEFAULT VALUES")
        bounds = window_of(numbers, filled("3"))
        assert bounds.status == "IDLE", bounds

    def test_earlier_readings_do_not_bound_a_reload_under_an_open_transaction(
        self, numbers: Source, owner: Any, session: Any
    ) -> None:
        """A ceiling of the table before would take the id that is still uncommitted for read."""
        table = numbers.raw["table_name"]
        numbers.readings.stored.append((1000, "2026-01-01T00:00:00.000000+00:00"))
        session.execute(f"INSERT INTO {table} DEFAULT VALUES")
        owner.execute(f"INSERT INTO {table} DEFAULT VALUES")
        blocked = window_of(numbers, filled("999", version=2**60))
        assert (blocked.status, blocked.complete) == ("IDLE", True)
        recreated = window_of(numbers, filled("999", oid=1, shape="other"))
        assert (recreated.status, recreated.complete) == ("IDLE", True)
        session.connection.commit()
        assert window_of(numbers, filled("999", version=2**60)).high == "6"

    def test_a_full_refresh_reads_everything_and_applies_up_to_the_ceiling(self, numbers: Source) -> None:
        bounds = window_of(numbers, filled("3"), full_refresh=True)
        assert (bounds.status, bounds.complete, bounds.high) == ("NEW", True, "4")

    def test_an_empty_table_that_is_refreshed_has_a_ceiling_below_every_row(
        self, numbers: Source, owner: Any, session: Any
    ) -> None:
        table = numbers.raw["table_name"]
        owner.execute(f"DELETE FROM {table}")
        asked = numbers.resolve(filled("3"), settled=False, full_refresh=True)
        session.execute(f"INSERT INTO {table} (id) VALUES (-5)")
        assert asked.reading is not None
        assert asked.reading.ceiling == -(2**63)
        through_the_workflow = Bounds.model_validate(asked.model_dump(mode="json")).reading
        assert through_the_workflow == asked.reading
        assert asked.model_dump(mode="json")["reading"]["ceiling"] == str(-(2**63))
        session.connection.commit()
        time.sleep(2 * MARGIN)
        bounds = numbers.resolve(filled("3"), reading=through_the_workflow, full_refresh=True)
        assert (bounds.status, bounds.complete, bounds.high, bounds.held) == ("NEW", True, str(-(2**63) + 1), 1)


@pytest.fixture
def rows(source: AuroraSession, owner: Any, schema: str) -> Source:
    owner.execute(f"CREATE TABLE {schema}.t (id int PRIMARY KEY); INSERT INTO {schema}.t VALUES (1), (2)")
    return Source(source, {"table_name": f"{schema}.t", "watermark_type": "xmin"})


class TestXmin:
    def test_a_first_run_reads_everything_with_the_horizon_of_before(self, rows: Source) -> None:
        fence = rows.fence()
        bounds = rows.resolve(NOTHING, fence)
        assert bounds.window == TransactionWindow(high=fence.horizon)
        assert (bounds.status, bounds.horizon) == ("NEW", fence.horizon)

    def test_rows_written_since_the_last_horizon_are_new_and_else_it_is_idle(self, rows: Source, owner: Any) -> None:
        fence = rows.fence()
        state = filled(None, reads="xmin", horizon=fence.horizon)
        idle = rows.resolve(state)
        assert idle.status == "IDLE"
        owner.execute(f"UPDATE {rows.raw['table_name']} SET id = 3 WHERE id = 1")
        bounds = rows.resolve(state)
        assert bounds.window == TransactionWindow(low=fence.horizon, high=bounds.horizon)
        assert bounds.status == "NEW"

    def test_a_horizon_that_went_back_is_a_loud_reload(self, rows: Source) -> None:
        bounds = rows.resolve(filled(None, reads="xmin", horizon=rows.fence().horizon + 1000))
        assert (bounds.status, bounds.complete, bounds.reset) == ("NEW", True, False)
        assert "cannot be compared" in bounds.note

    def test_a_version_that_went_back_is_a_reset(self, rows: Source) -> None:
        bounds = rows.resolve(filled(None, version=2**60, reads="xmin", horizon=2**60))
        assert (bounds.complete, bounds.reset) == (True, True)

    def test_beyond_half_the_circle_of_transaction_ids_everything_is_read(self, rows: Source) -> None:
        fence = replace(rows.fence(), horizon=2**31 + 5)
        assert rows.resolve(filled(None, reads="xmin", horizon=5), fence).complete
        assert not rows.resolve(filled(None, reads="xmin", horizon=6), fence).complete

    def test_an_idle_tables_horizon_is_renewed_before_it_gets_too_old(self, rows: Source) -> None:
        present = rows.fence().horizon
        fence = replace(rows.fence(), horizon=present + 2**30)
        bounds = rows.resolve(filled(None, reads="xmin", horizon=present), fence)
        assert (bounds.status, bounds.complete) == ("NEW", False)

    def test_the_horizon_of_a_timestamp_batch_is_not_continued(self, rows: Source) -> None:
        """Below it lie rows that the fence's margin held back."""
        bounds = rows.resolve(filled(None, reads="column at", horizon=rows.fence().horizon))
        assert (bounds.status, bounds.complete) == ("NEW", True)


class TestFullSnapshot:
    @pytest.fixture
    def whole(self, rows: Source) -> Source:
        return Source(rows.aurora, {**rows.raw, "watermark_type": "full_snapshot"})

    def state(self, source: Source, count: int) -> Progress:
        return filled(None, reads="full_snapshot", horizon=source.fence().horizon, rows=count)

    def test_it_is_always_complete(self, whole: Source) -> None:
        bounds = whole.resolve(NOTHING)
        assert (bounds.status, bounds.complete) == ("NEW", True)

    def test_an_unchanged_table_is_idle(self, whole: Source) -> None:
        bounds = whole.resolve(self.state(whole, 2))
        assert bounds.status == "IDLE"
        assert "2 rows are unchanged" in bounds.note

    @pytest.mark.parametrize(
        "change", ["INSERT INTO {} VALUES (3)", "UPDATE {} SET id = id", "DELETE FROM {} WHERE id = 1"]
    )
    def test_any_change_is_new(self, whole: Source, owner: Any, change: str) -> None:
        state = self.state(whole, 2)
        owner.execute(change.format(whole.raw["table_name"]))
        assert whole.resolve(state).status == "NEW"

    def test_a_change_that_keeps_the_number_of_rows_is_new(self, whole: Source, owner: Any) -> None:
        state = self.state(whole, 2)
        owner.execute(f"DELETE FROM {whole.raw['table_name']} WHERE id = 1")
        owner.execute(f"INSERT INTO {whole.raw['table_name']} VALUES (1)")
        assert whole.resolve(state).status == "NEW"

    def test_a_full_refresh_of_an_unchanged_table_is_new(self, whole: Source) -> None:
        assert whole.resolve(self.state(whole, 2), full_refresh=True).status == "NEW"
