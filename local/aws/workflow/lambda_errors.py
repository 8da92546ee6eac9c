"""A failed Python function answers as Lambda does: errorType is the exception's class, and the process stays warm.

Stock ministack answers ``Runtime.HandlerError`` for every exception, so no Retry or Catch on a class name would match,
and it ends the worker process after each failure.
"""

import json
from typing import Any

from ministack.core import lambda_runtime
from ministack.services import lambda_svc
from ministack.services import stepfunctions as sfn

_FAILURE = "__lambda_failure__"

_DESCRIBE = """
def _failure(e, error_type=None, message=None):
    stack = traceback.format_tb(e.__traceback__)
    described = {"errorMessage": message or str(e), "errorType": error_type or type(e).__name__, "stackTrace": stack}
    return {"__lambda_failure__": described}

def _import_failure(e, module_name):
    if isinstance(e, ImportError):
        return _failure(e, "Runtime.ImportModuleError", f"Unable to import module '{module_name}': {e}")
    if isinstance(e, SystemExit):
        return _failure(e, "Runtime.ExitError", f"Runtime exited while importing '{module_name}'")
    return _failure(e)

run()
"""

# A worker that cannot import its handler reports ready and answers the one invocation with status "error", after which
# ministack ends it: the next invocation imports again, as a new execution environment does.
_REPLACEMENTS = (
    (
        """    except Exception as e:
        _real_stdout.write(json.dumps({"status": "error", "error": str(e)}) + "\\n")
        _real_stdout.flush()
        return
""",
        """    except BaseException as e:
        traceback.print_exc()
        _real_stdout.write(json.dumps({"status": "ready", "cold": True}) + "\\n")
        _real_stdout.flush()
        sys.stdin.readline()
        _failed = json.dumps(_import_failure(e, module_name))
        _real_stdout.write(json.dumps({"status": "error", "error": _failed}) + "\\n")
        _real_stdout.flush()
        return
""",
    ),
    (
        """        except Exception as e:
            _real_stdout.write(json.dumps({"status": "error", "error": str(e), "trace": traceback.format_exc()})""",
        """        except BaseException as e:
            traceback.print_exc()
            _real_stdout.write(json.dumps({"status": "ok", "result": _failure(e)})""",
    ),
    ("\nrun()\n", _DESCRIBE),
)


def apply() -> None:
    """Rewrites the worker script and the reading of its answers."""
    script = lambda_runtime._PYTHON_WORKER_SCRIPT
    for stock, patched in _REPLACEMENTS:
        assert script.count(stock) == 1, f"ministack's Python worker script no longer contains {stock!r}"
        script = script.replace(stock, patched)
    lambda_runtime._PYTHON_WORKER_SCRIPT = script

    invoke = lambda_svc._execute_function_warm

    def invoke_and_classify(func: dict[str, Any], event: Any, request_id: str) -> dict[str, Any]:
        answer: dict[str, Any] = invoke(func, event, request_id)
        body: Any = answer.get("body")
        if answer.get("error") and str(body.get("errorMessage")).startswith(f'{{"{_FAILURE}"'):
            body = json.loads(body["errorMessage"])
        if answer.get("error") and body.get("errorMessage") == "Worker process died":
            return {**answer, "body": {"errorType": "Runtime.ExitError", "errorMessage": "Runtime exited"}}
        if isinstance(body, dict) and _FAILURE in body:
            return {**answer, "body": {**body[_FAILURE], "requestId": request_id}, "error": True}
        return answer

    lambda_svc._execute_function_warm = invoke_and_classify

    _name_throttles()


def _name_throttles() -> None:
    """Names the error of a throttled function as AWS does; stock ministack calls it Lambda.Unknown."""
    call = sfn._call_lambda

    def call_and_name_throttles(reference: str, event: Any) -> Any:
        try:
            return call(reference, event)
        except sfn._ExecutionError as failure:
            if '"TooManyRequestsException"' in failure.cause:
                raise sfn._ExecutionError("Lambda.TooManyRequestsException", failure.cause) from None
            raise

    sfn._call_lambda = call_and_name_throttles
