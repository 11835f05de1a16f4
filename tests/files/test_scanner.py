"""Against a small clamd that speaks the real protocol on a real socket."""

import contextlib
import socket
import socketserver
import struct
import threading

import pytest
from django.core.exceptions import ValidationError

from accounts.models import AuditEvent, User
from files import actions
from files.models import StoredFile
from files.scanner import Verdict, scan
from files.tasks import scan_waiting
from tests.factories import StoredFileFactory, UserFactory
from tests.factories_files import photo, upload

EICAR = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"


class Clamd(socketserver.StreamRequestHandler):
    """INSTREAM: chunks with their length before them, an empty one at the end."""

    def handle(self):
        assert self.rfile.read(10) == b"zINSTREAM\0"
        data = b""
        while size := struct.unpack("!L", self.rfile.read(4))[0]:
            data += self.rfile.read(size)
        self.server.seen.append(data)
        self.answer(data)

    def answer(self, data):
        self.wfile.write(b"stream: Eicar-Signature FOUND\0" if EICAR in data else b"stream: OK\0")


class Full(Clamd):
    def answer(self, data):
        self.wfile.write(b"INSTREAM size limit exceeded. ERROR\0")


class Silent(Clamd):
    def answer(self, data):
        threading.Event().wait(0.6)


class Rude(Clamd):
    def handle(self):
        self.wfile.write(b"stream: OK")  # without its end, and the line is cut


class OverUnix(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    daemon_threads = True


class OverTcp(socketserver.ThreadingMixIn, socketserver.TCPServer):
    daemon_threads = True


@contextlib.contextmanager
def running(handler, settings, path=None):
    server = OverUnix(str(path), handler) if path else OverTcp(("127.0.0.1", 0), handler)
    server.seen = []
    threading.Thread(target=server.serve_forever, args=[0.02], daemon=True).start()
    settings.CLAMD = f"unix://{path}" if path else f"tcp://127.0.0.1:{server.server_address[1]}"
    settings.CLAMD_SECONDS = 0.3
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()


def nobody_there():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return f"tcp://127.0.0.1:{free.getsockname()[1]}"


@pytest.fixture
def keep(db):
    user = UserFactory()
    return lambda data=None: actions.keep(upload(data), by=user)


def test_without_a_scanner_in_the_settings_files_are_released(keep):
    assert keep().state == StoredFile.State.CLEAN


def test_a_clean_file_is_released_and_was_seen_as_it_came(keep, settings):
    with running(Clamd, settings) as server:
        stored = keep()

    assert stored.state == StoredFile.State.CLEAN
    assert server.seen == [photo()]


def test_over_a_socket_file_and_in_several_pieces(settings, tmp_path):
    with running(Clamd, settings, tmp_path / "clamd.sock") as server:
        assert scan(b"a" * 200_000) is Verdict.CLEAN
        assert scan(b"a" * 200_000 + EICAR) is Verdict.INFECTED

    assert len(server.seen[0]) == 200_000


def test_a_virus_is_refused_before_it_is_stored(keep, settings, store_folder):
    with running(Clamd, settings), pytest.raises(ValidationError, match="发现了病毒"):
        keep(photo() + EICAR)

    assert StoredFile.objects.count() == 0
    assert [path for path in store_folder.rglob("*") if path.is_file()] == []


@pytest.mark.parametrize("how", ["down", "full", "silent", "rude", "no such socket"])
def test_without_an_answer_nothing_is_released(how, keep, settings, client):
    handlers = {"full": Full, "silent": Silent, "rude": Rude}
    settings.CLAMD = "unix:///no/such.sock" if how == "no such socket" else nobody_there()
    with running(handlers[how], settings) if how in handlers else contextlib.nullcontext():
        stored = keep()

    assert stored.state == StoredFile.State.QUARANTINED
    with pytest.raises(ValidationError, match="还没有通过病毒检查"):
        actions.open_file(stored)
    with pytest.raises(ValidationError, match="还没有通过病毒检查"):
        actions.thumbnail(stored)
    for response in (actions.serve(stored), actions.serve_thumbnail(stored)):
        assert response.status_code == 409
        assert "还没有通过病毒检查" in response.content.decode()


@pytest.mark.django_db
def test_what_waited_is_released_once_the_scanner_is_back(settings):
    clean = StoredFileFactory(waiting=True)
    infected = StoredFileFactory(waiting=True, data=photo() + EICAR)
    settings.CLAMD = nobody_there()
    scan_waiting()
    assert not StoredFile.objects.clean().exists()

    with running(Clamd, settings):
        scan_waiting()
        scan_waiting()

    assert list(StoredFile.objects.clean()) == [clean]
    assert actions.open_file(StoredFile.objects.get(pk=clean.pk)) == photo()
    assert AuditEvent.objects.get(action="files.release").by == User.objects.system()
    infected.refresh_from_db()
    assert infected.state == StoredFile.State.QUARANTINED
