"""``python -m infra.package.cdk_cli deploy -c vault_url=...``: the pinned CDK command line, with its own arguments."""

import os
import sys

from infra.package.cdk_cli import InstallationFailed, command, environment


def main() -> None:
    """Replaces this process by the command line."""
    try:
        started = command(sys.argv[1:])
    except InstallationFailed as failure:
        raise SystemExit(str(failure)) from None
    os.execve(started[0], started, environment(os.environ))  # noqa: S606 -- no shell is wanted


if __name__ == "__main__":
    main()
