"""``python -m local.aurora.uploader``: uploads the exports that aws_s3.query_export_to_s3 requests.

Files of one export ``<pid>_<id>`` in the spool folder: ``.csv`` the rows, ``.request`` what to upload (written by the
server), ``.answer`` "<files> <bytes>" or "ERR <reason>" (written here), ``.done`` the function has ended.
"""

import argparse
import json
import os
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from local.aurora.records import file_ranges

PART_BYTES = 16 << 20
_EXPORTS_AT_ONCE, _PARTS_AT_ONCE = 8, 4
_BUSY_POLL_SECONDS, _IDLE_POLL_SECONDS, _SWEEP_SECONDS = 0.004, 0.015, 1.0


class Abandoned(Exception):
    """The export's statement ended before its upload was published."""


class Uploader:
    """Watches one spool folder."""

    def __init__(self, spool: Path, s3: Any, max_file_bytes: int) -> None:
        self._spool, self._s3, self._max_file_bytes = spool, s3, max_file_bytes
        self._exports = ThreadPoolExecutor(_EXPORTS_AT_ONCE)
        self._parts = ThreadPoolExecutor(_PARTS_AT_ONCE)
        self._uploading: set[str] = set()

    def watch(self) -> None:
        """Serves requests until the process is ended."""
        last_request = last_sweep = 0.0
        (self._spool / "uploader.ready").touch()
        while True:
            now = time.monotonic()
            names = {entry.name for entry in os.scandir(self._spool)}
            for name in names:
                if name.endswith(".request") and self._take(self._spool / name):
                    last_request = now
            for name in names:
                if name.endswith(".done") and name.removesuffix(".done") not in self._uploading:
                    self._drop(name.removesuffix(".done"))
            if now - last_sweep > _SWEEP_SECONDS:
                self._sweep(names)
                last_sweep = now
            time.sleep(_BUSY_POLL_SECONDS if now - last_request < 5 else _IDLE_POLL_SECONDS)

    def _take(self, path: Path) -> bool:
        request = path.read_text()
        if not request.endswith("\n"):  # still being written
            return False
        path.rename(path.with_suffix(".taken"))
        self._uploading.add(path.stem)
        self._exports.submit(self._serve, path.stem, json.loads(request))
        return True

    def _serve(self, export: str, request: dict[str, Any]) -> None:
        try:
            answer = self._upload(export, request)
        except Abandoned:
            answer = "ERR abandoned"
        except ClientError as error:
            answer = f"ERR {error.response['Error'].get('Message') or error}"
        except BotoCoreError as error:
            print(f"{export}: {error}", flush=True)
            answer = "ERR Unable to connect to endpoint"
        except Exception as error:  # noqa: BLE001 -- the waiting statement must get every failure
            answer = f"ERR {type(error).__name__}: {error}"
        written = self._spool / f"{export}.writing"
        written.write_text(answer)
        written.rename(written.with_suffix(".answer"))
        self._uploading.discard(export)

    def _upload(self, export: str, request: dict[str, Any]) -> str:
        source = self._spool / f"{export}.csv"
        # As Aurora's: where the statement names no key, AWS's own for S3 encrypts, not the bucket's.
        encryption = {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": request["kms_key"] or "alias/aws/s3"}
        ranges = file_ranges(source, request["format"], request["quote"], self._max_file_bytes)
        publish: list[Callable[[], Any]] = []
        discard: list[Callable[[], Any]] = []
        try:
            for number, (start, length) in enumerate(ranges, 1):
                target = {"Bucket": request["bucket"], "Key": request["key"] + (f"_part{number}" if number > 1 else "")}
                if length <= PART_BYTES:
                    publish.append(self._single(source, start, length, {**target, **encryption}))
                else:
                    complete, abort = self._multipart(export, source, start, length, target, encryption)
                    publish.append(complete)
                    discard.append(abort)
            self._check_wanted(export)
        except BaseException:
            for abort in discard:
                abort()
            raise
        for put in publish:
            put()
        return f"{len(ranges)} {source.stat().st_size}"

    def _single(self, source: Path, start: int, length: int, target: dict[str, str]) -> Callable[[], Any]:
        return lambda: self._s3.put_object(Body=_read(source, start, length), **target)

    def _multipart(
        self, export: str, source: Path, start: int, length: int, target: dict[str, str], encryption: dict[str, str]
    ) -> tuple[Callable[[], Any], Callable[[], Any]]:
        """Uploads the parts; returns what publishes the object and what discards it."""
        upload = {**target, "UploadId": self._s3.create_multipart_upload(**target, **encryption)["UploadId"]}

        def part(number: int) -> dict[str, Any]:
            self._check_wanted(export)
            begin = (number - 1) * PART_BYTES
            body = _read(source, start + begin, min(PART_BYTES, length - begin))
            return {"PartNumber": number, "ETag": self._s3.upload_part(PartNumber=number, Body=body, **upload)["ETag"]}

        def abort() -> None:
            self._s3.abort_multipart_upload(**upload)

        try:
            parts = list(self._parts.map(part, range(1, -(-length // PART_BYTES) + 1)))
        except BaseException:
            abort()
            raise
        return lambda: self._s3.complete_multipart_upload(MultipartUpload={"Parts": parts}, **upload), abort

    def _check_wanted(self, export: str) -> None:
        if (self._spool / f"{export}.done").exists():
            raise Abandoned

    def _drop(self, export: str) -> None:
        for suffix in (".csv", ".request", ".taken", ".answer", ".done"):  # the .done last: it asks for this
            (self._spool / f"{export}{suffix}").unlink(missing_ok=True)

    def _sweep(self, names: set[str]) -> None:
        """Drops what the exports of killed server processes left, which could not write their .done."""
        for export in {name.split(".")[0] for name in names if "_" in name} - self._uploading:
            try:
                os.kill(int(export.split("_")[0]), 0)
            except ProcessLookupError:
                self._drop(export)
            except PermissionError:  # alive under another account
                pass


def _read(source: Path, start: int, length: int) -> bytes:
    with source.open("rb") as export:
        export.seek(start)
        return export.read(length)


def main() -> None:
    """Reads the command line and serves; the AWS credentials come from the environment."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--spool", type=Path, required=True)
    parser.add_argument("--endpoint", required=True)
    parser.add_argument("--region", required=True)
    parser.add_argument("--max-file-bytes", type=int, default=6 * 1024**3)
    asked = parser.parse_args()
    config = Config(
        s3={"addressing_style": "path"},
        request_checksum_calculation="when_required",
        max_pool_connections=_EXPORTS_AT_ONCE + _PARTS_AT_ONCE,
        retries={"max_attempts": 3, "mode": "standard"},
    )
    s3 = boto3.client("s3", endpoint_url=asked.endpoint, region_name=asked.region, config=config)
    Uploader(asked.spool, s3, asked.max_file_bytes).watch()


if __name__ == "__main__":
    main()
