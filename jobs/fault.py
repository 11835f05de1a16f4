"""Named places at which a proof kills the process as `kill -9` would. Outside proofs it does nothing."""

import os
import signal
from pathlib import Path

_FOLDER = os.environ.get("FAULT_DIR", "")


def point(name):
    """Die here when the proof put a file of this name into FAULT_DIR; the file goes first, so that one process dies of it."""
    if _FOLDER:
        try:
            Path(_FOLDER, name).unlink()
        except FileNotFoundError:
            return
        os.kill(os.getpid(), signal.SIGKILL)
