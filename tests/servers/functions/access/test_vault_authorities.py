"""Vault behind a certificate of a company's own authority."""

import json
import ssl
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from functions.shared.access import vault, vault_login
from functions.shared.ground.errors import AccessDenied
from functions.shared.ground.settings import settings


class Answers(BaseHTTPRequestHandler):
    """A login that succeeds, and a secret."""

    def _send(self, body: object) -> None:
        data = json.dumps(body).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self._send({"auth": {"client_token": "token", "lease_duration": 900}})

    def do_GET(self) -> None:
        self._send({"data": {"data": {"user": "sync"}}})

    def log_message(self, *_: object) -> None:
        """Silent."""


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """A certificate for loopback that is its own authority, with its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "company")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    (tmp_path / "ca.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    (tmp_path / "key.pem").write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return tmp_path / "ca.pem"


@pytest.fixture(autouse=True)
def served(certificate: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, certificate.with_name("key.pem"))
    server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setenv("VAULT_URL", f"https://127.0.0.1:{server.server_port}")
    monkeypatch.setattr(vault, "_cache", {})
    settings.cache_clear()
    vault_login._authorities.cache_clear()
    yield
    vault_login._authorities.cache_clear()
    server.shutdown()
    server.server_close()


def test_the_authority_that_the_deployment_names_is_trusted(certificate: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VAULT_CA_PEM", certificate.read_text())
    assert vault.secret("public.t", "aurora") == {"user": "sync"}


def test_without_it_nothing_is_sent_and_the_message_says_what_to_set() -> None:
    with pytest.raises(AccessDenied, match=r"^public.t: .*no known authority signed .*set vault_ca_file"):
        vault.secret("public.t", "aurora")
