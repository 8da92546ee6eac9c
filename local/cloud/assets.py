"""The file assets of a cloud assembly: zipped once per hash and uploaded where the template looks for them."""

import json
import os
import tempfile
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from local.aws.server import ACCOUNT, Aws

_EPOCH = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True)
class FileAsset:
    """One file or folder of the assembly and the object it becomes."""

    source: Path
    zipped: bool
    bucket: str
    key: str


def template_url(aws: Aws, assembly: Path) -> str:
    """Where ``publish`` puts the assembly's template. Raises ValueError unless there is exactly one stack."""
    artifacts = json.loads((assembly / "manifest.json").read_text())["artifacts"].values()
    stacks = [artifact for artifact in artifacts if artifact["type"] == "aws:cloudformation:stack"]
    if len(stacks) != 1:
        raise ValueError(f"{assembly} holds {len(stacks)} stacks, but exactly one can be deployed here.")
    location = str(stacks[0]["properties"]["stackTemplateAssetObjectUrl"]).removeprefix("s3://")
    return f"{aws.endpoint_url}/{_substitute(location, aws.region)}"


def file_assets(assembly: Path, region: str) -> Iterator[FileAsset]:
    """Every file asset, with CloudFormation's pseudo parameters in bucket and key replaced."""
    for manifest in sorted(assembly.glob("*.assets.json")):
        for asset in json.loads(manifest.read_text())["files"].values():
            for destination in asset["destinations"].values():
                yield FileAsset(
                    assembly / asset["source"]["path"],
                    asset["source"].get("packaging") == "zip",
                    _substitute(destination["bucketName"], region),
                    _substitute(destination["objectKey"], region),
                )


def publish(aws: Aws, assembly: Path, cache: Path) -> None:
    """Uploads the assets that are not there yet; zips are kept in ``cache``."""
    s3 = aws.client("s3")
    for asset in file_assets(assembly, aws.region):
        _ensure_bucket(s3, asset.bucket, aws.region)
        if not _exists(s3, asset):
            path = _zip_once(asset.source, cache) if asset.zipped else asset.source
            with path.open("rb") as body:
                s3.put_object(Bucket=asset.bucket, Key=asset.key, Body=body)


def _substitute(text: str, region: str) -> str:
    parameters = {"AWS::AccountId": ACCOUNT, "AWS::Region": region, "AWS::Partition": "aws"}
    for name, value in parameters.items():
        text = text.replace(f"${{{name}}}", value)
    return text


def _ensure_bucket(s3: Any, bucket: str, region: str) -> None:
    try:
        s3.head_bucket(Bucket=bucket)
    except ClientError:
        s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": region})


def _exists(s3: Any, asset: FileAsset) -> bool:
    try:
        s3.head_object(Bucket=asset.bucket, Key=asset.key)
    except ClientError:
        return False
    return True


def _zip_once(folder: Path, cache: Path) -> Path:
    """``<cache>/<hash>.zip``: a folder ``asset.<hash>`` always has the same content, so it is zipped once."""
    archive = cache / f"{folder.name.removeprefix('asset.')}.zip"
    if archive.exists():
        return archive
    cache.mkdir(parents=True, exist_ok=True)
    handle, made = tempfile.mkstemp(dir=cache, suffix=".part")
    os.close(handle)
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as zipped:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                entry = zipfile.ZipInfo(path.relative_to(folder).as_posix(), _EPOCH)
                entry.external_attr = (0o755 if os.access(path, os.X_OK) else 0o644) << 16
                entry.compress_type = zipfile.ZIP_DEFLATED
                zipped.writestr(entry, path.read_bytes(), compresslevel=1)
    Path(made).rename(archive)
    return archive
