"""Dates, times, moments, intervals."""

from tests.system.types.forms import DATE, TIME, TIMESTAMP, TIMESTAMPTZ
from tests.system.types.pg_type import PgType, as_text, edges, refused

_FAR_DAYS = refused(
    "infinity", "-infinity", "0001-12-31 BC", "0044-03-15 BC", "4713-01-01 BC", "10000-01-01", "5874897-12-31"
)
_FAR_MOMENTS = refused(
    "infinity", "-infinity", "0001-12-31 23:59:59.999999 BC", "4713-01-01 00:00 BC", "10000-01-01 00:00",
    "294276-12-31 23:59:59.999999",
)  # fmt: skip
_MOMENTS = (
    "0001-01-01 00:00", "1582-10-10 12:00", "1900-02-28 23:59:59", "1969-12-31 23:59:59.999999", "1970-01-01 00:00",
    "2024-02-29 12:34:56.123456", "2024-12-31 23:59:60", "2038-01-19 03:14:08", "2262-04-11 23:47:16.854776",
    "2024-01-01 00:00:00.000001", "2024-01-01 00:00:00.1", "9999-12-31 23:59:59.999999",
)  # fmt: skip
_ZONED = (
    "0001-01-01 00:00+00", "1883-11-18 12:00-04:56:02", "1969-12-31 23:59:59.999999+00",
    "2024-02-29 12:34:56.123456+05:30",
    "2024-03-31 02:30 Europe/Berlin", "2024-10-27 02:30+01", "2024-10-27 02:30+02", "2024-01-01 00:00:00.000001+14",
    "9999-12-31 23:59:59.999999+00", "0001-01-01 00:00-12",
)  # fmt: skip

TIMES = [
    PgType("date", "DATE", DATE,
           edges("0001-01-01", "1582-10-04", "1582-10-10", "1900-02-28", "1969-12-31", "1970-01-01",
               "2000-02-29", "2024-02-29",
                 "9999-12-31", *_FAR_DAYS)),
    PgType("time", "TIME(6)", TIME,
           edges("00:00", "00:00:00.000001", "12:34:56.1", "12:34:56.123456", "23:59:59.999999", *refused("24:00"))),
    PgType("time(0)", "TIME(6)", TIME, edges("00:00", "12:34:56", "23:59:59", *refused("23:59:59.9"))),
    PgType("time(3)", "TIME(6)", TIME, edges("12:34:56.123", "00:00:00.001")),
    as_text("timetz", "00:00+00", "12:34:56.123456+05:30", "12:34:56.123456-05:30", "23:59:59.999999+15:59:59",
        "24:00+00", "12:00+00",
            "14:00+02"),
    as_text("time(3) with time zone", "12:34:56.123+01"),
    PgType("timestamp", "TIMESTAMP_NTZ(6)", TIMESTAMP, edges(*_MOMENTS, *_FAR_MOMENTS)),
    PgType("timestamp(0)", "TIMESTAMP_NTZ(6)", TIMESTAMP, edges("2024-02-29 12:34:56",
        *refused("9999-12-31 23:59:59.9"))),
    PgType("timestamp(3)", "TIMESTAMP_NTZ(6)", TIMESTAMP, edges("2024-02-29 12:34:56.123", *refused("infinity"))),
    PgType("timestamptz", "TIMESTAMP_TZ(6)", TIMESTAMPTZ,
           edges(*_ZONED, *refused("0001-01-01 00:00+14", "9999-12-31 23:00-05",
               *[edge.text or "" for edge in _FAR_MOMENTS]))),
    PgType("timestamptz(3)", "TIMESTAMP_TZ(6)", TIMESTAMPTZ, edges("2024-02-29 12:34:56.123+05:30",
        *refused("-infinity"))),
    as_text("interval", "0", "1 year 2 mons 3 days 04:05:06.789", "-1 day +00:00:01", "1 mon", "30 days",
        "720:00:00", "178000000 years",
            "-00:00:00.000001", "1 day -00:00:00.000001"),
    as_text("interval year to month", "14 months", "-1 year"),
    as_text("interval(3)", "00:00:00.123", "1 day"),
    PgType("kinds.birthday", "DATE", DATE, edges("1999-12-31", *refused("infinity")), title="domain over date"),
]  # fmt: skip
