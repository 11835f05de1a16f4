"""Run one command with a PostgreSQL and a Valkey of its own that go when it ends: `python -m config.apart FOLDER COMMAND …`.

The command finds an empty database, and its VAR_DIR is the folder.
"""

import os
import signal
import subprocess
import sys
from pathlib import Path

from config.embedded import ROOT, Servers, Unavailable


def main(folder, *command):
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    folder = Path(folder).resolve()
    try:
        with Servers(folder / "embedded", fast=True) as servers:
            environment = os.environ | servers.environment | {"VAR_DIR": str(folder)}
            environment.pop("DATABASE_REPLICA_URL", None)
            return subprocess.run([sys.executable, *command], cwd=ROOT, env=environment).returncode
    except Unavailable as reason:
        return str(reason)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
