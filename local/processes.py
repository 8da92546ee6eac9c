"""The laptop cloud's processes: started detached, each with a log and a record, and stopped to the last child."""

import json
import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

_TAIL_LINES = 20
# A killed process ends only when the kernel has freed its memory.
_DEATH_SECONDS = 10


class StartFailed(RuntimeError):
    """A part of the laptop cloud did not come up; the message names it and shows the end of its log."""


@dataclass(frozen=True)
class Process:
    """What to run. It leads its own session, so that its children can be stopped with it."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str] = field(default_factory=dict)
    working_folder: Path = Path()
    user: str | None = None
    stop_signal: int = signal.SIGTERM


def free_port() -> int:
    """A loopback TCP port nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def start(home: Path, process: Process) -> int:
    """Starts the process with its output in ``<home>/logs/<name>.log``; returns its pid."""
    log_path = log_of(home, process.name)
    record = _record_of(home, process.name)
    for path in (log_path, record):
        path.parent.mkdir(parents=True, exist_ok=True)
    # the processes must not use the credentials and endpoints of the caller's shell
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "PG", "VAULT_"))}
    with log_path.open("ab") as log:
        started = subprocess.Popen(
            list(process.command),
            env={**inherited, **process.environment},
            cwd=process.working_folder,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            user=process.user,
            group=_group_of(process.user) if process.user else None,
            extra_groups=[] if process.user else None,
        )
    _write_record(record, started.pid, process.stop_signal)
    return started.pid


def wait_until(home: Path, name: str, healthy: Callable[[], bool], seconds: float = 60) -> None:
    """Returns when ``healthy()`` is true. Raises StartFailed when the process ended or the time is over."""
    deadline = time.monotonic() + seconds
    reason = ""
    while time.monotonic() < deadline:
        try:
            if healthy():
                _renew_record(home, name)
                return
        except Exception as error:  # noqa: BLE001 -- not up yet; StartFailed has the last reason
            reason = f" ({type(error).__name__}: {error})"
        if not alive(home, name):
            raise StartFailed(f"{name} ended while starting.\n{tail(home, name)}")
        time.sleep(0.05)
    raise StartFailed(f"{name} did not answer within {seconds:.0f} s{reason}.\n{tail(home, name)}")


def alive(home: Path, name: str) -> bool:
    """Whether the recorded process still runs."""
    try:
        record = json.loads(_record_of(home, name).read_text())
    except FileNotFoundError:
        return False
    _reap(record["pid"])
    return record["command"] is not None and _command_of(record["pid"]) == record["command"]


def running(home: Path) -> list[str]:
    """Names of the recorded processes that run."""
    return [path.stem for path in sorted((home / "processes").glob("*.json")) if alive(home, path.stem)]


def stop(home: Path, seconds: float = 10) -> None:
    """Ends every recorded process and its children: its stop signal first, SIGKILL when the time is over."""
    _stop((home / "processes").glob("*.json"), seconds)


def end(home: Path, name: str, seconds: float = 10) -> None:
    """Ends one recorded process in the same way."""
    _stop([_record_of(home, name)], seconds)


def _stop(paths: Iterable[Path], seconds: float) -> None:
    records = {path: json.loads(path.read_text()) for path in paths}
    groups = {record["pid"]: record["signal"] for record in records.values() if not _is_another(record)}
    for group, stop_signal in groups.items():
        _signal_group(group, stop_signal)
    _await_end(groups, seconds)
    for group in groups:
        _signal_group(group, signal.SIGKILL)
    _await_end(groups, _DEATH_SECONDS)
    for path in records:
        path.unlink()


def log_of(home: Path, name: str) -> Path:
    """The log file of one process."""
    return home / "logs" / f"{name}.log"


def tail(home: Path, name: str) -> str:
    """The last lines of a process's log."""
    path = log_of(home, name)
    lines = path.read_text(errors="replace").splitlines()[-_TAIL_LINES:] if path.exists() else []
    return "\n".join([f"--- end of {path}", *lines])


def _write_record(path: Path, pid: int, stop_signal: int) -> None:
    path.write_text(json.dumps({"pid": pid, "command": _command_of(pid), "signal": int(stop_signal)}))


def _renew_record(home: Path, name: str) -> None:
    """Records the command line again: some interpreters replace themselves while they start."""
    path = _record_of(home, name)
    record = json.loads(path.read_text())
    _write_record(path, record["pid"], record["signal"])


def _record_of(home: Path, name: str) -> Path:
    return home / "processes" / f"{name}.json"


def _group_of(user: str) -> int:
    import pwd

    return pwd.getpwnam(user).pw_gid


def _command_of(pid: int) -> str | None:
    """The command line of a living process; a zombie has none."""
    answer = subprocess.run(["ps", "-o", "stat=,args=", "-p", str(pid)], capture_output=True, text=True, check=False)
    state, _, command = answer.stdout.strip().partition(" ")
    return None if not state or state.startswith("Z") else command.strip()


def _is_another(record: dict[str, Any]) -> bool:
    """Whether the pid now belongs to a process that we did not start."""
    command = _command_of(record["pid"])
    return command is not None and command != record["command"]


def _reap(pid: int) -> None:
    """Collects an ended child of this process, which would otherwise stay as a zombie."""
    with suppress(ChildProcessError):
        os.waitpid(pid, os.WNOHANG)


def _signal_group(group: int, number: int) -> None:
    with suppress(ProcessLookupError):
        os.killpg(group, number)


def _await_end(groups: Iterable[int], seconds: float) -> None:
    """Returns when no process of the groups lives, or when the time is over."""
    groups, deadline = set(groups), time.monotonic() + seconds
    while groups & _living_groups() and time.monotonic() < deadline:
        time.sleep(0.05)
    for group in groups:
        _reap(group)


def _living_groups() -> set[int]:
    """The process groups with a member that is not a zombie."""
    answer = subprocess.run(["ps", "-A", "-o", "pgid=", "-o", "stat="], capture_output=True, text=True, check=True)
    members = (line.split() for line in answer.stdout.splitlines())
    return {int(group) for group, state in members if not state.startswith("Z")}
