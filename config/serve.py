"""The site, a worker and beat beside it on one machine, in the foreground: `python -m config.serve`.

Whatever dies is started again. Ctrl-C, SIGTERM or the end of the terminal stops all of it within seconds; a check that
a worker was in the middle of is taken up after the next start, because the database knows of it.
"""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path

HOST = "127.0.0.1"
PATIENCE = 5.0  # seconds that a process has to stop by itself
LONGEST_WAIT = 30.0  # seconds until something that keeps dying is started again
STEADY = 60.0  # seconds after which a process counts as well
# Where the system has it: what is started here ends as well when this program is killed without a chance to end it.
_TIED = ["setpriv", "--pdeathsig", "TERM"] if shutil.which("setpriv") else []


def say(text: str) -> None:
    """Tell the person at the terminal."""
    print(text, flush=True)  # noqa: T201


@dataclass
class Service:
    """One process that is kept running."""

    name: str
    command: list[str]
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    due: float = 0.0
    deaths: int = 0

    def keep(self) -> None:
        """Start it if it is time, and notice if it has ended."""
        now = time.monotonic()
        if self.process is None:
            if now >= self.due:
                # In a group of its own, so that Ctrl-C reaches this program alone, which then ends each in good order.
                self.process = subprocess.Popen(  # noqa: S603
                    [*_TIED, *self.command], stdin=subprocess.DEVNULL, process_group=0
                )
                self.started = now
        elif (code := self.process.poll()) is not None:
            self.process = None
            self.deaths = 1 if now - self.started > STEADY else self.deaths + 1
            wait = min(LONGEST_WAIT, 2.0 ** (self.deaths - 1))
            self.due = now + wait
            say(f"The {self.name} ended ({_why(code)}). It is started again in {wait:.0f} s.")

    def stop(self) -> None:
        if self.process is not None:
            with contextlib.suppress(ProcessLookupError):
                self.process.terminate()

    def kill(self) -> None:
        """End it and what it started, if it is still there."""
        if self.process is None or self.process.poll() is not None:
            return
        for child in [*_children(self.process.pid), self.process.pid]:
            with contextlib.suppress(ProcessLookupError):
                os.kill(child, signal.SIGKILL)


def services(port: int) -> list[Service]:
    """What runs. Web requests are few and wait for the database: two processes with four threads each."""
    folder = Path(sys.executable).parent
    web = ["config.wsgi", "--bind", f"{HOST}:{port}", "--workers", "2", "--threads", "4", "--timeout", "60"]
    celery = [str(folder / "celery"), "--quiet", "-A", "config"]
    level = os.environ["LOG_LEVEL"]
    return [
        Service(
            "site",
            [str(folder / "gunicorn"), *web, "--graceful-timeout", "2", "--log-level", level, "--no-control-socket"],
        ),
        Service(
            "worker",
            [*celery, "worker", "--loglevel", level, "--concurrency", "2", "--without-gossip", "--without-mingle"],
        ),
        Service("beat", [*celery, "beat", "--loglevel", level, "--pidfile="]),
    ]


def chosen_port() -> int:
    """The port that PORT names, 8000 without it.

    Raises:
        SystemExit: it is no port, or another program has it.
    """
    text = os.environ.get("PORT") or "8000"
    if not (text.isascii() and text.isdigit() and 0 < int(text) < 65536):
        raise SystemExit(f"PORT={text} is no port. Set it to a number from 1024 to 65535.")
    with socket.socket() as listener:
        # As gunicorn does, so that connections that linger from the last run are no obstacle.
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((HOST, int(text)))
        except OSError as error:
            raise SystemExit(
                f"Port {text} of {HOST} cannot be used ({error.strerror}). "
                "Stop the program that has it, or choose another port: PORT=8001 make run"
            ) from error
    return int(text)


def serve() -> int:
    """Run until told to stop; returns the exit code, 0 for a clean end."""
    port = chosen_port()
    os.environ.setdefault("LOG_LEVEL", "WARNING")
    # Celery warns of a worker that runs as root, as everything in a container does.
    os.environ.setdefault("PYTHONWARNINGS", "ignore:You're running the worker with superuser privileges")
    stopping = threading.Event()
    for number in signal.SIGINT, signal.SIGTERM, signal.SIGHUP:
        signal.signal(number, lambda *_: stopping.set())
    running = services(port)
    announced = False
    while not stopping.is_set():
        for service in running:
            service.keep()
        if not announced and _answers(port):
            announced = True
            say(f"\nWhitelist Tracker is at http://{HOST}:{port}/ and its admin at http://{HOST}:{port}/admin/")
            say("A worker and beat run beside it. Ctrl-C stops all of them.\n")
        stopping.wait(0.3)
    say("Stopping …")
    for service in running:
        service.stop()
    _wait(running, PATIENCE)
    for service in running:
        service.kill()
    _wait(running, PATIENCE)
    say("Stopped.")
    return 0


def _wait(running: list[Service], seconds: float) -> None:
    end = time.monotonic() + seconds
    for service in running:
        if service.process is not None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                service.process.wait(max(0.0, end - time.monotonic()))


def _answers(port: int) -> bool:
    try:
        urllib.request.urlopen(f"http://{HOST}:{port}/healthz", timeout=2).close()
    except urllib.error.HTTPError:  # an answer all the same
        return True
    except OSError:
        return False
    return True


def _children(pid: int) -> list[int]:
    with contextlib.suppress(OSError):
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    return []


def _why(code: int) -> str:
    return signal.Signals(-code).name if code < 0 else f"exit code {code}"


if __name__ == "__main__":
    sys.exit(serve())
