"""The virus scanner: clamd's INSTREAM over a socket. Whatever goes wrong, a file is not released."""

import socket
import struct
from enum import Enum
from urllib.parse import urlsplit

from django.conf import settings

CHUNK = 64 * 1024
ANSWER = 4096


class Verdict(Enum):
    CLEAN = "clean"
    INFECTED = "infected"
    UNKNOWN = "unknown"  # down, too slow, or an answer that is none


def scan(data):
    """The verdict on these bytes. Without a scanner in the settings everything is clean: it was rebuilt anyway."""
    if not settings.CLAMD:
        return Verdict.CLEAN
    try:
        answer = _ask(data)
    except OSError:  # timeouts too
        return Verdict.UNKNOWN
    if answer == b"stream: OK":
        return Verdict.CLEAN
    if answer.endswith(b" FOUND"):
        return Verdict.INFECTED
    return Verdict.UNKNOWN


def answers(seconds):
    """Whether the scanner says that it is there."""
    try:
        with _connected() as connection:
            connection.settimeout(seconds)
            connection.sendall(b"zPING\0")
            return connection.recv(ANSWER).startswith(b"PONG")
    except OSError:
        return False


def _ask(data):
    with _connected() as connection:
        connection.sendall(b"zINSTREAM\0")
        for start in range(0, len(data), CHUNK):
            chunk = data[start : start + CHUNK]
            connection.sendall(struct.pack("!L", len(chunk)) + chunk)
        connection.sendall(struct.pack("!L", 0))
        answer = b""
        while not answer.endswith(b"\0") and len(answer) < ANSWER and (more := connection.recv(ANSWER)):
            answer += more
    return answer.rstrip(b"\0\n") if answer.endswith(b"\0") else b""


def _connected():
    address = urlsplit(settings.CLAMD)
    if address.scheme == "unix":
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        connection.settimeout(settings.CLAMD_SECONDS)
        try:
            connection.connect(address.path)
        except OSError:
            connection.close()
            raise
        return connection
    return socket.create_connection((address.hostname, address.port or 3310), timeout=settings.CLAMD_SECONDS)
