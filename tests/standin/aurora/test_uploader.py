"""The uploader publishes an export only while its statement still waits for it."""

import json
import os
import time
from pathlib import Path
from typing import Any

import pytest

from local.aurora.uploader import PART_BYTES, Uploader

REQUEST = {"bucket": "b", "key": "k", "format": "csv", "quote": '"', "kms_key": None}


class RecordedS3:
    """Notes the calls; while a part is uploaded, ``during_part`` runs."""

    def __init__(self) -> None:
        self.calls: list[str] = []
        self.during_part: Any = lambda: None

    def create_multipart_upload(self, **_: Any) -> dict[str, str]:
        return {"UploadId": "u"}

    def upload_part(self, **_: Any) -> dict[str, str]:
        self.calls.append("part")
        self.during_part()
        return {"ETag": "e"}

    def __getattr__(self, name: str) -> Any:
        return lambda **_: self.calls.append(name)


@pytest.fixture
def s3() -> RecordedS3:
    return RecordedS3()


def request(spool: Path, size: int, export: str | None = None) -> str:
    name = export or f"{os.getpid()}_export"
    (spool / f"{name}.csv").write_bytes(b"1\n" * (size // 2))
    (spool / f"{name}.request").write_text(json.dumps(REQUEST) + "\n")
    return name


def served(spool: Path, s3: RecordedS3, export: str) -> str:
    uploader = Uploader(spool, s3, 1 << 40)
    assert uploader._take(spool / f"{export}.request")
    deadline = time.monotonic() + 10
    while not (spool / f"{export}.answer").exists() and time.monotonic() < deadline:
        time.sleep(0.01)
    return (spool / f"{export}.answer").read_text()


def test_a_small_export_is_one_put(tmp_path: Path, s3: RecordedS3) -> None:
    assert served(tmp_path, s3, request(tmp_path, 10)) == "1 10"
    assert s3.calls == ["put_object"]


def test_a_large_export_is_published_when_every_part_is_there(tmp_path: Path, s3: RecordedS3) -> None:
    assert served(tmp_path, s3, request(tmp_path, PART_BYTES + 2)) == f"1 {PART_BYTES + 2}"
    assert s3.calls == ["part", "part", "complete_multipart_upload"]


@pytest.mark.parametrize("size", [10, PART_BYTES + 2])
def test_an_export_cancelled_before_its_upload_is_not_published(tmp_path: Path, s3: RecordedS3, size: int) -> None:
    export = request(tmp_path, size)
    (tmp_path / f"{export}.done").touch()
    assert served(tmp_path, s3, export) == "ERR abandoned"
    assert not {"put_object", "complete_multipart_upload"} & set(s3.calls)


def test_an_export_cancelled_during_its_upload_is_aborted(tmp_path: Path, s3: RecordedS3) -> None:
    export = request(tmp_path, PART_BYTES + 2)
    s3.during_part = (tmp_path / f"{export}.done").touch
    assert served(tmp_path, s3, export) == "ERR abandoned"
    assert s3.calls[-1] == "abort_multipart_upload"
    assert "complete_multipart_upload" not in s3.calls


def test_a_half_written_request_waits(tmp_path: Path, s3: RecordedS3) -> None:
    export = request(tmp_path, 10)
    (tmp_path / f"{export}.request").write_text(json.dumps(REQUEST)[:20])
    assert not Uploader(tmp_path, s3, 1 << 40)._take(tmp_path / f"{export}.request")


def test_files_of_a_killed_server_process_are_swept(tmp_path: Path, s3: RecordedS3) -> None:
    gone, alive = request(tmp_path, 10, "999999999_gone"), request(tmp_path, 10)
    Uploader(tmp_path, s3, 1 << 40)._sweep({path.name for path in tmp_path.iterdir()})
    assert list(tmp_path.glob(f"{gone}*")) == []
    assert len(list(tmp_path.glob(f"{alive}*"))) == 2
