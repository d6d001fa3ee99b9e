"""Notebook servers on this machine: started on a free port, waited for, and ended with whatever they started."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

TOKEN = "regard-browser-tests"
_START_S = 60


@contextmanager
def serving(command: Sequence[str], ready: str, cwd: Path, env: dict[str, str]) -> Iterator[str]:
    """Run ``command`` (``{port}`` filled in), wait until its path ``ready`` answers, give the address; end it after."""
    port = _free_port()
    address = f"http://127.0.0.1:{port}"
    with (cwd / "server.log").open("ab") as log:
        process = subprocess.Popen(
            [part.format(port=port) for part in command],
            cwd=cwd,
            env=env,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    try:
        _wait(f"{address}{ready}", process, cwd / "server.log")
        yield address
    finally:
        _end(process)


def jupyter_environment(environment: dict[str, str], home: Path) -> dict[str, str]:
    """An environment whose Jupyter keeps settings, signatures and running files in ``home`` and asks for no news."""
    settings = home / "settings" / "@jupyterlab" / "apputils-extension"
    settings.mkdir(parents=True, exist_ok=True)
    quiet = '{"fetchNews": "false", "checkForUpdates": false}'
    (settings / "notification.jupyterlab-settings").write_text(quiet, encoding="utf-8")
    folders = {name: str(home / name.lower()) for name in ("CONFIG", "DATA", "RUNTIME")}
    return {
        **environment,
        **{f"JUPYTER_{name}_DIR": folder for name, folder in folders.items()},
        "IPYTHONDIR": str(home / "ipython"),
        "JUPYTERLAB_SETTINGS_DIR": str(home / "settings"),
    }


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait(address: str, process: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + _START_S
    while time.monotonic() < until:
        if process.poll() is not None:
            break
        try:
            with urllib.request.urlopen(address, timeout=5):
                return
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            time.sleep(0.2)
    raise AssertionError(f"{address} did not answer:\n{log.read_text(errors='replace')[-3000:]}")


def _end(process: subprocess.Popen[bytes]) -> None:
    """Ask the process group to end, and make it after ten seconds."""
    for how in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(process.pid, how)
            process.wait(10)
            return
        except ProcessLookupError:
            return
        except subprocess.TimeoutExpired:
            continue
