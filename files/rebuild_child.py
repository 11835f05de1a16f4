"""Rebuilds one file in a process of its own: bytes on stdin, started only by files.rebuild.

The answer is one line of JSON, then the bytes of the new file and of its thumbnail; or `{"error": message}` alone.
A hostile file can make a decoder abort or ask for all memory; here that ends this process and no other.
"""

import json
import os
import resource
import sys
from importlib import import_module
from pathlib import Path

MEMORY = 1024**3
CPU_SECONDS = 40
REBUILDERS = {"image": "rebuild_image", "pdf": "rebuild_pdf", "word": "rebuild_office", "sheet": "rebuild_office"}


def limit():
    """What this process may use; it may write no file at all."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a core file would hold the photo
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))


def main():
    """Ends by a signal at the limits, with exit code 1 for a damaged file."""
    limit()
    sys.path.append(str(Path(__file__).resolve().parent.parent))
    from django.core.exceptions import ValidationError

    kind, limits = sys.argv[1], json.loads(sys.argv[2])
    data, small = b"", b""
    try:
        rebuild = import_module(f"files.{REBUILDERS[kind]}").rebuild
        head, data, small = rebuild(sys.stdin.buffer.read(), kind, limits)
        head |= {"size": len(data), "small": len(small)}
    except ValidationError as error:
        head = {"error": error.messages[0], "code": error.code}
    except MemoryError:
        os.abort()  # any other exception means a damaged file
    sys.stdout.buffer.write(json.dumps(head).encode() + b"\n" + data + small)


if __name__ == "__main__":
    main()
