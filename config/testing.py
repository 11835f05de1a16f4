"""The pytest plugin of the project (`-p config.testing`): real servers, made before the settings are read.

The tests' PostgreSQL, Valkey, keys and files live in a folder that goes away with the run.
"""

import atexit
import os
import shutil
import signal
import sys
import tempfile
from pathlib import Path

import pytest

from config import browser as chromium
from config.embedded import Servers, Unavailable
from tests import migrated

ROOT = Path(__file__).resolve().parent.parent


def begin():
    """Start the servers and point the settings at them; workers of xdist inherit the environment."""
    folder = Path(tempfile.mkdtemp(prefix="portal-test-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))  # so that atexit runs
    (folder / "vendor").symlink_to(ROOT / "var/vendor")
    (folder / "static").mkdir()
    servers = Servers(folder / "embedded", fast=True)
    try:
        servers.__enter__()
    except Unavailable as reason:
        raise pytest.UsageError(str(reason)) from None
    atexit.register(servers.leave, force=True)
    os.environ.update(servers.environment, PORTAL_TESTING="1", VAR_DIR=str(folder), KEY_DIR=str(folder / "keys"))
    for name in ("HTTPS", "ALLOWED_HOSTS", "PORT", "DEMO", "PORTAL_NAME"):
        os.environ.pop(name, None)


if "PYTEST_XDIST_WORKER" not in os.environ:
    begin()


def pytest_configure(config):
    """With several workers the database is made while they gather the tests."""
    if config.getoption("numprocesses", None):
        atexit.register(migrated.begin().kill)


@pytest.fixture(scope="session")
def chromium_path():
    """The Chromium that `make browser` found or brought."""
    return chromium.find() or pytest.fail(chromium.MISSING, pytrace=False)


@pytest.fixture(scope="session")
def browser(chromium_path):
    """One headless Chromium for the run; make a fresh context for each test."""
    from playwright.sync_api import sync_playwright

    # Playwright's loop runs in this thread, which Django would take for asynchronous code (as in every page test).
    before = os.environ.get("DJANGO_ALLOW_ASYNC_UNSAFE")
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    try:
        with sync_playwright() as playwright:
            started = playwright.chromium.launch(executable_path=chromium_path, args=chromium.arguments())
            yield started
            started.close()
    finally:
        os.environ.pop("DJANGO_ALLOW_ASYNC_UNSAFE") if before is None else None
