"""A bucket's policy sees the key that an upload asks to be encrypted with: S3's condition key on its ARN.

As on AWS a part and the completion of an upload carry no such header, and have the key that the upload was begun with.
Stock ministack's policies see whether KMS encrypts, not with which key.
"""

import re
from typing import Any

from ministack.core import iam_actions
from ministack.services import s3

_HEADER = "x-amz-server-side-encryption-aws-kms-key-id"
_BEGUN = re.compile(rb"<UploadId>([^<]+)</UploadId>")


def apply() -> None:
    """Remembers the key of each upload, and adds it to what the policies see."""
    seen, begin = iam_actions._s3_object_context, s3._create_multipart_upload

    def begin_with_key(bucket: str, key: str, headers: dict[str, str]) -> tuple[int, dict[str, str], bytes]:
        status, answered, body = begin(bucket, key, headers)
        if upload := _BEGUN.search(body):
            s3._multipart_uploads[upload[1].decode()]["requested_key"] = headers.get(_HEADER)
        return status, answered, body

    def seen_with_key(action: str, query: dict[str, Any], path: str, headers: dict[str, str]) -> dict[str, Any]:
        context = dict(seen(action, query, path, headers))
        upload = s3._multipart_uploads.get(iam_actions._query_param(query, "uploadId") or "")
        asked = upload.get("requested_key") if upload else headers.get(_HEADER)
        if action == "s3:PutObject" and asked:
            context[f"s3:{_HEADER}"] = asked
        return context

    s3._create_multipart_upload = begin_with_key
    iam_actions._s3_object_context = seen_with_key
