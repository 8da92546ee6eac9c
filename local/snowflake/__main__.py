"""`python -m local.snowflake`: serve on 127.0.0.1 until SIGTERM; secrets belong in the environment."""

from __future__ import annotations

import argparse
import logging
import os
import signal

import boto3
import uvicorn

from local.snowflake.api.server import Api
from local.snowflake.pipes.snowpipe import Snowpipe
from local.snowflake.state import State


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m local.snowflake", description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--user", required=True)
    parser.add_argument("--password", default=os.environ.get("SNOWFLAKE_PASSWORD"), help="or SNOWFLAKE_PASSWORD")
    parser.add_argument("--s3-endpoint", required=True)
    parser.add_argument("--region", required=True)
    parser.add_argument("--access-key", default=os.environ.get("AWS_ACCESS_KEY_ID"), help="or AWS_ACCESS_KEY_ID")
    parser.add_argument(
        "--secret-key", default=os.environ.get("AWS_SECRET_ACCESS_KEY"), help="or AWS_SECRET_ACCESS_KEY"
    )
    parser.add_argument("--queue-url", required=True, help="the queue that receives the staging bucket's events")
    parser.add_argument("--log-level", default="WARNING")
    arguments = parser.parse_args()
    for name in ("password", "access_key", "secret_key"):
        if not getattr(arguments, name):
            parser.error(f"--{name.replace('_', '-')} is missing: give it or its environment variable")
    return arguments


def main() -> None:
    """Serve one account, with its Snowpipe, until the process is ended."""
    arguments = _arguments()
    logging.basicConfig(level=arguments.log_level, format="%(levelname)s %(name)s: %(message)s")
    logging.getLogger("sqlglot").setLevel(logging.ERROR)
    aws = boto3.Session(arguments.access_key, arguments.secret_key, region_name=arguments.region)
    s3 = aws.client("s3", endpoint_url=arguments.s3_endpoint)
    sqs = aws.client("sqs", endpoint_url=arguments.s3_endpoint)
    described = sqs.get_queue_attributes(QueueUrl=arguments.queue_url, AttributeNames=["QueueArn"])
    state = State(channel=described["Attributes"]["QueueArn"])
    snowpipe = Snowpipe(state.pipes, state.session(None, None), s3, sqs, arguments.queue_url)
    snowpipe.start()
    app = Api(state, arguments.user, arguments.password).app()
    # uvicorn passes the signal on after it has stopped; all data is in memory, so the process can end at once.
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    uvicorn.run(
        app, host="127.0.0.1", port=arguments.port, log_level="warning", access_log=False, timeout_graceful_shutdown=1
    )


if __name__ == "__main__":
    main()
