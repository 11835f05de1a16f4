"""A parser of what came from outside runs in a process of its own, which may use little and knows nothing of us.

The limits are set by the parent before the child gets its first byte: no child can forget them.
"""

import os
import resource
import subprocess
import sys

GIGABYTE = 1024**3
CPU_SECONDS = 60


class TooSlow(Exception):
    """The child had not finished in time."""


class TooHeavy(Exception):
    """The child ran against a limit, or its parser gave up the whole process."""


class Broken(Exception):
    """The child could make nothing of the file."""


def run(child, *arguments, data, seconds, memory=GIGABYTE):
    """What the script `child` writes when given `data`; raises TooSlow, TooHeavy or Broken."""
    environment = {name: os.environ[name] for name in ("PATH", "LD_LIBRARY_PATH") if name in os.environ}
    process = subprocess.Popen(
        [sys.executable, "-I", "-B", "-X", "utf8", str(child), *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,  # a parser's last words may quote cells
        env=environment,  # no database address, no key folder
    )
    with process:
        try:
            _limit(process.pid, memory)
            output, _ = process.communicate(data, timeout=seconds)
        except subprocess.TimeoutExpired as error:
            raise TooSlow from error
        finally:
            process.kill()  # does nothing to one that has ended
    if process.returncode < 0:
        raise TooHeavy
    if process.returncode:
        raise Broken
    return output


def _limit(pid, memory):
    for what, most in (
        (resource.RLIMIT_CORE, 0),  # a core file would hold the roster
        (resource.RLIMIT_FSIZE, 0),  # it may write no file at all
        (resource.RLIMIT_AS, memory),
        (resource.RLIMIT_CPU, CPU_SECONDS),
    ):
        try:
            resource.prlimit(pid, what, (most, most))
        except ProcessLookupError:
            return  # it has ended already and says so by its exit code
