"""``python -m local.aws``: ministack with this package's patches, configured by ministack's environment variables."""

from importlib.metadata import version

MINISTACK_VERSION = "1.5.33"


def main() -> None:
    """Serves until SIGTERM. Raises RuntimeError unless the ministack that the patches were written for is installed."""
    installed = version("ministack")
    if installed != MINISTACK_VERSION:
        raise RuntimeError(
            f"ministack {installed} is installed but the local patches fit {MINISTACK_VERSION}: "
            f"run pip install 'ministack[full]=={MINISTACK_VERSION}'."
        )
    from local.aws import (
        frozen_containers,
        function_networks,
        inactive_functions,
        permissions,
        shared_code,
        ssm_resources,
        stack_events,
        transport,
        upload_keys,
        vpc_resources,
        warm_workers,
    )
    from local.aws.workflow import (
        distributed_map,
        error_names,
        execution,
        lambda_errors,
        output_changes,
        redrive,
        retry,
    )

    patches = (
        lambda_errors,
        error_names,
        inactive_functions,
        shared_code,
        warm_workers,
        frozen_containers,
        upload_keys,
        retry,
        permissions,
        execution,
        distributed_map,
        redrive,
        ssm_resources,
        transport,
        output_changes,
        stack_events,
        vpc_resources,
        function_networks,
    )
    for patch in patches:
        patch.apply()

    from ministack.app import main as serve

    serve()


if __name__ == "__main__":
    main()
