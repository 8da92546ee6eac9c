"""The HTTP front: logins are answered here, everything else is OpenBao's."""

import http.client
import json
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

from local.vault.bao import Bao, DatabaseUsers
from local.vault.login import LoginRefused, Role, verify

_HOP_BY_HOP = frozenset({"host", "connection", "content-length", "transfer-encoding", "keep-alive"})
_OWN_HEADERS = frozenset({"date", "server"})


@dataclass(frozen=True)
class AwsAuth:
    """The AWS auth method: where it is mounted, its roles, its required server id ("" for none), and its STS."""

    mount: str
    roles: dict[str, Role]
    server_id: str
    sts_url: str


class FrontServer(ThreadingHTTPServer):
    """Listens on a loopback port for one server and one auth method."""

    def __init__(self, port: int, bao: Bao, auth: AwsAuth) -> None:
        super().__init__(("127.0.0.1", port), _Front)
        self.bao, self.auth = bao, auth
        self.sealed, self.refused_reads = False, 0


class _Front(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: FrontServer

    def _serve(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self.path == "/laptop/faults":
            self._set_faults(json.loads(body))
        elif self.path == "/laptop/tokens":
            self._answer(200, {"live": self.server.bao.live_tokens()})
        elif self.server.sealed:
            self._answer(503, {"errors": ["Vault is sealed"]})
        elif self.path.startswith("/v1/secret/") and self.server.refused_reads:
            self.server.refused_reads -= 1
            self._answer(403, {"errors": ["permission denied"]})
        elif self.path == f"/v1/auth/{self.server.auth.mount}/login" and self.command in ("POST", "PUT"):
            self._login(body)
        else:
            self._proxy(body)

    def _set_faults(self, orders: dict[str, Any]) -> None:
        """A test's faults: `sealed`; how many `refused_reads`, as with a revoked token; `secrets` to write by path;
        `users`, the fields of DatabaseUsers, who are made from now on."""
        self.server.sealed = orders.get("sealed", self.server.sealed)
        self.server.refused_reads = orders.get("refused_reads", self.server.refused_reads)
        for path, value in orders.get("secrets", {}).items():
            self.server.bao.write_secret(path, value)
        if "users" in orders:
            self.server.bao.make_users(DatabaseUsers(**orders["users"]))
        self._answer(200, {})

    def _login(self, body: bytes) -> None:
        auth = self.server.auth
        try:
            name, role, caller = verify(json.loads(body or b"{}"), auth.roles, auth.server_id, auth.sts_url)
        except json.JSONDecodeError:
            return self._answer(400, {"errors": ["failed to parse JSON input"]})
        except LoginRefused as refused:
            return self._answer(refused.status, {"errors": [str(refused)]})
        metadata = {
            "account_id": caller.account,
            "auth_type": "iam",
            "canonical_arn": caller.principal,
            "client_arn": caller.arn,
            "client_user_id": caller.user_id,
            "role": name,
        }
        return self._answer(200, self.server.bao.create_token(role, f"{auth.mount}-{name}", metadata))

    def _proxy(self, body: bytes) -> None:
        upstream = http.client.HTTPConnection(urlsplit(self.server.bao.url).netloc, timeout=30)
        headers = {name: value for name, value in self.headers.items() if name.lower() not in _HOP_BY_HOP}
        try:
            upstream.request(self.command, self.path, body or None, headers)
            answer = upstream.getresponse()
            content = answer.read()
        except OSError as error:
            return self._answer(502, {"errors": [f"the server behind the front does not answer: {error}"]})
        finally:
            upstream.close()
        self.send_response(answer.status)
        for name, value in answer.getheaders():
            if name.lower() not in _HOP_BY_HOP | _OWN_HEADERS:
                self.send_header(name, value)
        return self._finish(content)

    def _answer(self, status: int, content: dict[str, Any]) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self._finish(json.dumps(content).encode())

    def _finish(self, content: bytes) -> None:
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_LIST = do_HEAD = _serve
