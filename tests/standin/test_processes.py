"""Starting and stopping the laptop cloud's processes, down to the last child."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from threading import Timer

import pytest

from local import processes
from local.processes import Process, StartFailed


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path
    processes.stop(tmp_path, seconds=0.2)


def python(name: str, code: str) -> Process:
    return Process(name, [sys.executable, "-c", code])


def child_of(path: Path) -> int:
    """The pid that a process wrote to this file."""
    deadline = time.monotonic() + 10
    while not path.exists() or not path.read_text():
        assert time.monotonic() < deadline
        time.sleep(0.02)
    return int(path.read_text())


def runs(pid: int) -> bool:
    state = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False).stdout
    return bool(state.strip()) and not state.startswith("Z")


def parent(pid_file: Path, then: str) -> str:
    return f"""
import os, pathlib, signal, subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
pathlib.Path({str(pid_file)!r}).write_text(str(child.pid))
{then}
"""


@pytest.mark.parametrize(
    "then",
    [
        pytest.param("time.sleep(60)", id="willing"),
        pytest.param("signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(60)", id="deaf"),
        pytest.param("os.kill(os.getpid(), signal.SIGKILL)", id="crashed"),
    ],
)
def test_a_stopped_process_leaves_no_child(home: Path, then: str) -> None:
    pid = processes.start(home, python("parent", parent(home / "child", then)))
    child = child_of(home / "child")
    assert runs(child)
    processes.stop(home, seconds=0.5)
    assert not runs(pid)
    assert not runs(child)
    assert processes.running(home) == []


def test_stop_returns_when_what_it_killed_has_ended(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    signal_group = os.killpg

    def slowly(group: int, number: int) -> None:
        """A killed process with much memory takes this long to be gone."""
        if number == signal.SIGKILL:
            Timer(0.5, signal_group, (group, number)).start()
        else:
            signal_group(group, number)

    deaf = replace(python("parent", parent(home / "child", "time.sleep(60)")), stop_signal=signal.SIGCONT)
    pid = processes.start(home, deaf)
    child = child_of(home / "child")
    monkeypatch.setattr(os, "killpg", slowly)
    processes.stop(home, seconds=0)
    assert not runs(pid)
    assert not runs(child)


def test_a_process_that_ends_while_starting_is_told_with_its_log(home: Path) -> None:
    processes.start(home, python("broken", "raise SystemExit('no disk left')"))
    with pytest.raises(StartFailed, match=r"broken ended while starting(.|\n)*no disk left"):
        processes.wait_until(home, "broken", lambda: False)


def test_a_process_that_never_answers_is_told_with_the_last_reason(home: Path) -> None:
    processes.start(home, python("silent", "import time; time.sleep(60)"))

    def healthy() -> bool:
        raise ConnectionRefusedError("port 1")

    with pytest.raises(StartFailed, match=r"silent did not answer within 0 s \(ConnectionRefusedError: port 1\)"):
        processes.wait_until(home, "silent", healthy, seconds=0.2)


def test_a_process_that_took_over_a_recorded_pid_is_left_alone(home: Path) -> None:
    stranger = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"], start_new_session=True)
    try:
        (home / "processes").mkdir()
        (home / "processes" / "old.json").write_text(json.dumps({"pid": stranger.pid, "command": "old", "signal": 15}))
        assert processes.running(home) == []
        processes.stop(home)
        assert runs(stranger.pid)
    finally:
        stranger.kill()
        stranger.wait()


def test_credentials_of_the_shell_stay_outside(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "production")
    told = home / "told"
    code = f"import os, pathlib; pathlib.Path({str(told)!r}).write_text(os.environ.get('AWS_PROFILE', 'none'))"
    processes.start(home, python("reader", code))
    deadline = time.monotonic() + 10
    while not (told.exists() and told.read_text()) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert told.read_text() == "none"
