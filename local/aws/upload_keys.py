"""A bucket's policy sees the key that a request asks to be encrypted with: S3's condition key on its ARN.

A part and the completion of an upload carry no header of encryption, and S3's pages do not say that a policy sees what
the upload was begun with: here it does not. Stock ministack's policies see there whether KMS encrypts, and nowhere with
which key.
"""

from typing import Any

from ministack.core import iam_actions

_ENCRYPTION = "x-amz-server-side-encryption"
_KEY = f"{_ENCRYPTION}-aws-kms-key-id"


def apply() -> None:
    """Lets the policies see what the request itself names, and its key."""
    seen = iam_actions._s3_object_context

    def seen_with_key(action: str, query: dict[str, Any], path: str, headers: dict[str, str]) -> dict[str, Any]:
        context = dict(seen(action, query, path, headers))
        if action == "s3:PutObject":
            context.pop(f"s3:{_ENCRYPTION}", None)
            context |= {f"s3:{name}": headers[name] for name in (_ENCRYPTION, _KEY) if headers.get(name)}
        return context

    iam_actions._s3_object_context = seen_with_key
