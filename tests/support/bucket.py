"""As much of S3 as an export needs: a server that keeps the objects put into it."""

import hashlib
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class Bucket:
    """The objects by key, whatever the bucket; and the KMS keys that were to encrypt them."""

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}
        self.kms_keys: dict[str, str] = {}
        handler = type("Put", (_Put,), {"objects": self.objects, "kms_keys": self.kms_keys})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    @property
    def endpoint_url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()


class _Put(BaseHTTPRequestHandler):
    objects: dict[str, bytes]
    kms_keys: dict[str, str]
    protocol_version = "HTTP/1.1"

    def do_PUT(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        key = self.path.split("/", 2)[2]
        self.objects[key] = body
        self.kms_keys[key] = self.headers["x-amz-server-side-encryption-aws-kms-key-id"]
        self.send_response(200)
        self.send_header("ETag", f'"{hashlib.md5(body, usedforsecurity=False).hexdigest()}"')
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        """Says nothing."""
