"""Reading one parameter by GetParameters, or a path, is authorized on its ARN; stock ministack asks for ``*``."""

import json
from typing import Any

from ministack.core import iam_actions


def apply() -> None:
    """Completes the resource that IAM is asked about."""
    extract = iam_actions.extract_resource_arn

    def extract_parameters_too(
        service: str,
        method: str,
        path: str,
        headers: dict[str, str],
        body: bytes,
        query: Any,
        region: str,
        account: str,
    ) -> str:
        action = headers.get("x-amz-target", "").rsplit(".", 1)[-1]
        if service == "ssm" and action in ("GetParameters", "GetParametersByPath"):
            request = json.loads(body)
            names = request["Names"] if action == "GetParameters" else [request["Path"]]
            if len(names) == 1:
                return f"arn:aws:ssm:{region}:{account}:parameter/{names[0].strip('/')}"
        return str(extract(service, method, path, headers, body, query, region, account))

    iam_actions.extract_resource_arn = extract_parameters_too
