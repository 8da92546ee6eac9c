"""Vault's AWS IAM login: the signed GetCallerIdentity request is replayed to STS, which verifies the signature."""

import base64
import fnmatch
import json
import re
import urllib.error
import urllib.request
import xml.etree.ElementTree as ET
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit

SERVER_ID_HEADER = "X-Vault-AWS-IAM-Server-ID"
_STS = {"sts": "https://sts.amazonaws.com/doc/2011-06-15/"}


class LoginRefused(Exception):
    """The login is refused with Vault's own words and status."""

    def __init__(self, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.status = status


@dataclass(frozen=True)
class Role:
    """An AWS auth role: IAM role ARNs that may log in (a trailing ``*`` matches any suffix) and what they get."""

    bound_iam_principal_arns: tuple[str, ...]
    token_policies: tuple[str, ...]
    token_ttl: str = "15m"


@dataclass(frozen=True)
class Caller:
    """The signer of the request by STS; ``principal`` is the role behind an assumed-role session."""

    arn: str
    user_id: str
    account: str
    principal: str


def verify(
    body: Mapping[str, Any], roles: Mapping[str, Role], server_id: str, sts_url: str
) -> tuple[str, Role, Caller]:
    """The login's role name, role and verified caller. Raises LoginRefused."""
    name = body.get("role", "")
    role = roles.get(name)
    if role is None:
        raise LoginRefused(f'entry for role "{name}" not found')
    headers, request_body = _signed_request(body)
    if server_id:
        _check_server_id(headers, server_id)
    caller = _ask_sts(sts_url, headers, request_body)
    if not any(fnmatch.fnmatchcase(caller.principal, bound) for bound in role.bound_iam_principal_arns):
        raise LoginRefused(f'IAM Principal "{caller.arn}" does not belong to the role "{name}"')
    return name, role, caller


def _signed_request(body: Mapping[str, Any]) -> tuple[dict[str, str], bytes]:
    if body.get("iam_http_request_method") != "POST":
        raise LoginRefused("invalid iam_http_request_method; currently only 'POST' is supported")
    try:
        request_body = base64.b64decode(body["iam_request_body"], validate=True)
        signed = json.loads(base64.b64decode(body["iam_request_headers"], validate=True))
        host = urlsplit(base64.b64decode(body["iam_request_url"], validate=True).decode()).netloc
    except KeyError as missing:
        raise LoginRefused(f"missing {missing.args[0]}") from None
    except ValueError as error:
        raise LoginRefused(f"failed to decode the signed request: {error}") from None
    if parse_qs(request_body.decode(errors="replace")).get("Action") != ["GetCallerIdentity"]:
        raise LoginRefused("iam_request_body must contain a single 'Action' of GetCallerIdentity")
    headers = {name: value if isinstance(value, str) else ",".join(value) for name, value in signed.items()}
    return {**{name: value for name, value in headers.items() if name.lower() != "host"}, "Host": host}, request_body


def _check_server_id(headers: Mapping[str, str], server_id: str) -> None:
    lowered = {name.lower(): value for name, value in headers.items()}
    provided = lowered.get(SERVER_ID_HEADER.lower())
    signed = re.search(r"SignedHeaders=([^,\s]+)", lowered.get("authorization", ""))
    if not provided:
        problem = f'missing header "{SERVER_ID_HEADER}"'
    elif provided != server_id:
        problem = f'expected "{server_id}" but got "{provided}"'
    elif not signed or SERVER_ID_HEADER.lower() not in signed[1].lower().split(";"):
        problem = "header wasn't signed"
    else:
        return
    raise LoginRefused(f"error validating {SERVER_ID_HEADER} header: {problem}")


def _ask_sts(sts_url: str, headers: Mapping[str, str], body: bytes) -> Caller:
    replayed = {name: value for name, value in headers.items() if name.lower() != "content-length"}
    request = urllib.request.Request(sts_url, data=body, headers=replayed, method="POST")
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            identity = ET.fromstring(answer.read())
    except urllib.error.HTTPError as error:
        reason = error.read().decode(errors="replace")
        raise LoginRefused(
            f"error making upstream request: received error code {error.code} from STS: {reason}"
        ) from None
    except urllib.error.URLError as error:
        raise LoginRefused(f"error making upstream request: {error.reason}", 500) from None
    arn, user_id, account = (identity.findtext(f".//sts:{field}", "", _STS) for field in ("Arn", "UserId", "Account"))
    assumed = re.fullmatch(r"arn:(aws[\w-]*):sts::(\d+):assumed-role/([^/]+)/[^/]+", arn)
    principal = f"arn:{assumed[1]}:iam::{assumed[2]}:role/{assumed[3]}" if assumed else arn
    return Caller(arn, user_id, account, principal)
