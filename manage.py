#!/usr/bin/env python
"""Django's commands, on the servers that run for this folder, or on ones started for the command's own length."""

import contextlib
import os
import signal
import sys

WITHOUT_SERVERS = {"help", "version", "check", "collectstatic", "findstatic", "compilemessages", "diffsettings"}


def servers(argv):
    from config import embedded

    command = next((word for word in argv[1:] if not word.startswith("-")), "help")
    idle = command in WITHOUT_SERVERS and "--database" not in argv
    if idle or {"-h", "--help", "--version"} & set(argv) or not (wanted := embedded.lacking()):
        return contextlib.nullcontext()
    return embedded.Servers(embedded.folder(), wanted)


def main():
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import execute_from_command_line

    from config.embedded import Unavailable

    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))  # so that our servers do not stay behind
    try:
        with servers(sys.argv) as lent:
            if lent:
                os.environ.update(lent.environment)
            execute_from_command_line(sys.argv)
    except (Unavailable, ImproperlyConfigured) as reason:
        sys.exit(str(reason))


if __name__ == "__main__":
    main()
