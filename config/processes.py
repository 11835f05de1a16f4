"""Processes started here, remembered by number *and* birth, so that a number used again is never signalled."""

import contextlib
import fcntl
import json
import os
import signal
import subprocess
import time
from pathlib import Path


def born(pid):
    """A mark that no other process ever has: this boot and the tick of the start; None when it has ended."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return None
    return None if fields[0] in "ZX" else f"{boot}/{fields[19]}"


class Register:
    """A file of name → [pid, birth], mode 0600, written before anything else can go wrong."""

    def __init__(self, path):
        self.path = path
        try:
            self.rows = json.loads(path.read_text())
        except (OSError, ValueError):
            self.rows = {}
        self.children = {}

    def start(self, name, argv, *, log=None, **options):
        """Start one process as the leader of its own group: Ctrl-C reaches only the one who stops them in order."""
        with log.open("ab") if log else contextlib.nullcontext() as out:
            child = subprocess.Popen(
                [str(part) for part in argv],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out and subprocess.STDOUT,
                start_new_session=True,
                **options,
            )
        self.children[name] = child
        self.rows[name] = [child.pid, born(child.pid)]
        self.save()
        return child

    def alive(self, name):
        if child := self.children.get(name):
            return child.poll() is None
        pid, birth = self.rows.get(name, (0, None))
        return birth is not None and born(pid) == birth

    def stop(self, name, ask=signal.SIGTERM, patience=10):
        """Ask one process to end, then force it and all that it started. Returns when it is gone."""
        if self.alive(name):
            pid = self.rows[name][0]
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, ask)
            until(lambda: not self.alive(name), patience)
            kill_group(pid)
            until(lambda: not self.alive(name), 5)
        elif name in self.children:
            kill_group(self.children[name].pid)  # it fell by itself; what it started may still run
        self.children.pop(name, None)
        self.rows.pop(name, None)
        self.save()

    def save(self):
        fresh = self.path.with_suffix(".new")
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            json.dump(self.rows, file)
        fresh.replace(self.path)


def kill_group(pid):
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)


def until(condition, seconds, check=lambda: None):
    """Wait for `condition`; False when it has not come true in time. `check` may raise to give up."""
    end = time.monotonic() + seconds
    while not condition():
        check()
        if time.monotonic() > end:
            return False
        time.sleep(0.03)
    return True


@contextlib.contextmanager
def locked(path):
    """One at a time; the kernel lets go of it even after `kill -9`."""
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
