"""What an execution without anything to copy asks of Snowflake."""

import json
from urllib.request import urlopen

from tests.support.laptop import Laptop
from tests.support.strategies import VARIANTS


def statements(laptop: Laptop) -> int:
    """How many statements Snowflake was sent so far."""
    snowflake = laptop.known["snowflake"]
    with urlopen(f"http://{snowflake['host']}:{snowflake['port']}/laptop/statements", timeout=10) as answer:
        return sum(json.loads(answer.read()).values())


def test_idle_tables_ask_snowflake_two_things_however_many_they_are(laptop: Laptop) -> None:
    schema, specs = laptop.new_schema(), []
    for number, (variant, keys) in enumerate(VARIANTS.items()):
        name = f"{schema}.{variant.replace('-', '_')}_{number}"
        laptop.sql(f"CREATE TABLE {name} (id int PRIMARY KEY, at timestamptz NOT NULL)")
        laptop.sql(f"INSERT INTO {name} VALUES (1, now() - interval '1 h')")
        specs.append({"table_name": name, **keys})
    laptop.configure(specs)
    assert {one["status"] for one in laptop.run().tables} == {"LOADED"}
    before = statements(laptop)
    assert {one["status"] for one in laptop.run().tables} == {"IDLE"}
    assert statements(laptop) - before == 2


def test_a_row_in_one_table_is_copied_while_the_others_stay_idle(laptop: Laptop) -> None:
    schema = laptop.new_schema()
    for name in ("a", "b"):
        laptop.sql(f"CREATE TABLE {schema}.{name} (id int PRIMARY KEY, at timestamptz NOT NULL)")
    laptop.configure([{"table_name": f"{schema}.{name}", "watermark_col": "at"} for name in ("a", "b")])
    laptop.run()
    laptop.sql(f"INSERT INTO {schema}.a VALUES (1, now() - interval '1 h')")
    results = laptop.results()
    assert {name.split(".")[1]: one["status"] for name, one in results.items()} == {"a": "LOADED", "b": "IDLE"}
    assert results[f"{schema}.a"]["merged"] == 1
