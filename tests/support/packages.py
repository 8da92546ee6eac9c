"""Repackaging a deployed function with its source edited: what a guard prevents shows when it is gone."""

import io
import warnings
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.request import urlopen

from local.cloud.lifecycle import STACK
from tests.support.edits import Edits
from tests.support.laptop import Laptop


def function_name(step: str) -> str:
    """The deployed function of a step such as await_load."""
    return f"{STACK}-{step.replace('_', '-')}"


def repackage(package: bytes, edits: Edits) -> bytes:
    """The zip with each named file edited, and its byte code void; a file that it lacks is edited from nothing."""
    made = io.BytesIO(package)
    with zipfile.ZipFile(made, "a", zipfile.ZIP_DEFLATED) as zipped, warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # a name written twice: the later one is unpacked
        present = set(zipped.namelist())
        for path, edit in edits.items():
            entry = zipfile.ZipInfo(path)
            entry.external_attr = 0o644 << 16
            zipped.writestr(entry, edit(zipped.read(path).decode() if path in present else ""))
            folder, _, name = path.rpartition("/")
            for compiled in [one for one in present if one.startswith(f"{folder}/__pycache__/{name[:-2]}")]:
                zipped.writestr(zipfile.ZipInfo(compiled), b"")  # Python falls back to the source
    return made.getvalue()


def deploy_edited(laptop: Laptop, step: str, edits: Edits) -> bytes:
    """Deploys the step's package with the edits; returns the package as it was."""
    functions = laptop.aws.client("lambda")
    with urlopen(functions.get_function(FunctionName=function_name(step))["Code"]["Location"]) as answer:  # noqa: S310 -- the laptop's
        package = bytes(answer.read())
    deploy(laptop, step, repackage(package, edits))
    return package


@contextmanager
def edited(laptop: Laptop, step: str, edits: Edits) -> Iterator[None]:
    """The step runs with its package edited; afterwards with the one that was deployed."""
    package = deploy_edited(laptop, step, edits)
    try:
        yield
    finally:
        deploy(laptop, step, package)


def deploy(laptop: Laptop, step: str, package: bytes) -> None:
    """Deploys the step's package by way of a bucket, which takes a second where the request's own body takes four."""
    s3, functions = laptop.aws.client("s3"), laptop.aws.client("lambda")
    bucket, key = "edited-packages", f"{step}.zip"
    if bucket not in {one["Name"] for one in s3.list_buckets()["Buckets"]}:
        s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": laptop.aws.region})
    s3.put_object(Bucket=bucket, Key=key, Body=package)
    functions.update_function_code(FunctionName=function_name(step), S3Bucket=bucket, S3Key=key)
    functions.get_waiter("function_updated_v2").wait(FunctionName=function_name(step), WaiterConfig={"Delay": 0.2})
