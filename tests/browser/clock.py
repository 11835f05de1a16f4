"""The portal with a clock that a story sets: what it serves stands on the day in the file `clock` of its folder.

Only tests serve this; the portal itself has no way to be told another day.
"""

import os
from pathlib import Path
from threading import Lock

import time_machine

from tests.browser.door import application as portal

FILE = Path(os.environ["VAR_DIR"]) / "clock"


class Clock:
    """From the first request of a new day on it is that day for the whole process."""

    def __init__(self):
        self.said, self.travel, self.lock = "", None, Lock()

    def follow(self):
        said = FILE.read_text() if FILE.exists() else ""
        with self.lock:
            if said == self.said:
                return
            if self.travel:
                self.travel.stop()
            self.said, self.travel = said, time_machine.travel(f"{said} 10:00+08:00")
            self.travel.start()


clock = Clock()


def application(environ, start_response):
    clock.follow()
    return portal(environ, start_response)
