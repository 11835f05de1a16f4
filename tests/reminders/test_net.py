"""T-SSRF: the portal speaks to hosts on its list and to nobody else, whatever the address looks like."""

import ast
import smtplib
import socket
from pathlib import Path

import pytest

from reminders import net
from tests.reminders.stub import Gateway
from tests.test_house import APPS, PLAIN, imports

ROOT = Path(__file__).resolve().parents[2]
CLIENTS = {"http", "urllib3", "requests", "httpx", "aiohttp", "smtplib", "ftplib", "socket", "telnetlib", "poplib"}
MAY = {
    "reminders/net.py",
    "files/scanner.py",
    "config/embedded.py",
    "config/supervisor.py",
    "config/node.py",
    "config/browser.py",
}
HOSTS = [
    "127.0.0.1", "127.1", "127.0.1", "2130706433", "0x7f000001", "0177.0.0.1", "0x7f.0.0.1", "0", "0.0.0.0", "127.0.0.2",  # noqa: S104
    "[::1]", "[::]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[0:0:0:0:0:ffff:127.0.0.1]", "[fe80::1]", "[fd00::1]",
    "localhost", "LOCALHOST", "localhost.", "localhost.localdomain", "127.0.0.1.nip.io", "10.0.0.1", "172.16.0.1",
    "192.168.1.1", "169.254.169.254", "100.64.0.1", "224.0.0.1", "255.255.255.255", "①②⑦.⓪.⓪.①", "127。0。0。1",
    "hook.example@127.0.0.1", "hook.example:443@127.0.0.1", "127.0.0.1#hook.example", "127.0.0.1?hook.example",
    "127.0.0.1\\@hook.example", "hook.example.evil.example", "evilhook.example", "hook.example%00.evil.example",
    "hook.example%2f@127.0.0.1", " 127.0.0.1", "127.0.0.1 ", "hook.example\r\nHost: x", "hook.example\t", "xn--hook.example",
]  # fmt: skip
SCHEMES = [
    "http",
    "ftp",
    "file",
    "gopher",
    "dict",
    "HTTP",
    "",
    "//",
    "javascript",
    "ws",
    "smtps",
    "unix",
    "jar:http",
    "ldap",
    "data",
]


@pytest.fixture
def listener(settings):
    """A gateway that must hear nothing; the list names another host."""
    with Gateway() as gateway:
        settings.REMINDER_HOSTS = ["hook.example"]
        yield gateway


@pytest.mark.parametrize("host", HOSTS, ids=repr)
def test_no_form_of_an_inner_address_is_called(listener, host):
    for scheme in ("http", "https"):
        outcome, _ = net.post(f"{scheme}://{host}:{listener.server_port}/", {"text": "x"}, key="1")
        assert outcome.is_sent is False

    assert not listener.got


@pytest.mark.parametrize("scheme", SCHEMES, ids=repr)
def test_no_other_scheme(listener, scheme):
    outcome, _ = net.post(f"{scheme}://hook.example/", {}, key="1")

    assert outcome.is_sent is False


@pytest.mark.parametrize("inner", ["127.0.0.1", "10.1.2.3", "::1", "::ffff:127.0.0.1", "169.254.169.254", "100.64.0.1"])
def test_a_listed_name_that_leads_inside_is_refused_as_a_whole(listener, monkeypatch, inner):
    """Whether alone or beside a public address (rebinding)."""

    def resolve(host, port, **options):
        return [
            (socket.AF_INET, socket.SOCK_STREAM, 6, "", (ip, listener.server_port)) for ip in ("93.184.216.34", inner)
        ]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    monkeypatch.setattr(socket, "create_connection", lambda *_: pytest.fail("called"))

    outcome, _ = net.post("https://hook.example/", {}, key="1")

    assert outcome.is_sent is False
    assert "内部网络" in outcome.note


def test_the_address_looked_at_is_the_address_called(monkeypatch, settings):
    settings.REMINDER_HOSTS = ["hook.example"]
    asked, called = [], []

    def resolve(host, port, **options):
        asked.append(host)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("93.184.216.34", port))]

    def connect(address, timeout):
        called.append(address)
        raise OSError

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    monkeypatch.setattr(socket, "create_connection", connect)
    net.post("https://hook.example/", {}, key="1")

    assert (asked, called) == (["hook.example"], [("93.184.216.34", 443)])


def test_a_host_of_the_own_network_is_called_by_its_port_only(settings):
    with Gateway() as gateway, Gateway() as other:
        settings.REMINDER_HOSTS = [gateway.host]

        assert net.post(gateway.url, {"text": {"content": "x"}}, key="1")[0].is_sent
        assert net.post(other.url, {"text": {"content": "x"}}, key="1")[0].is_sent is False
        assert not other.got


def test_a_plain_address_outside_is_refused(settings):
    settings.REMINDER_HOSTS = ["hook.example"]

    with pytest.raises(net.Refused, match="https"):
        net.target("http://hook.example/")


@pytest.mark.parametrize("to", ["a@example.invalid\nBcc: b@example.invalid", "a@example.invalid\r\nX: y"])
def test_no_header_is_smuggled_into_a_mail(settings, monkeypatch, to):
    settings.REMINDER_HOSTS = ["+127.0.0.1:465"]
    monkeypatch.setattr(socket, "create_connection", lambda *_: pytest.fail("called"))

    assert net.mail("smtps://127.0.0.1?from=x@example.invalid", to, "x", "x", key="1").is_sent is False


def test_only_one_file_calls_out():
    files = [path for app in (*APPS, *PLAIN) for path in (ROOT / app).rglob("*.py")]
    found = {str(path.relative_to(ROOT)) for path in files if CLIENTS & imports(path)}
    opening = {
        str(path.relative_to(ROOT))
        for path in files
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.ImportFrom) and node.module == "urllib.request"
    }

    assert found - MAY == set()
    assert opening - MAY == set()


class Post:
    """A mail server that answers as told."""

    def __init__(self, *refusals):
        self.refusals, self.sent, self.known = refusals, [], []

    def __call__(self, where, address):
        self._raise("connect")
        return self

    def login(self, account, password):
        self.known.append((account, password))
        self._raise("login")

    def send_message(self, message):
        self.sent.append(message)
        self._raise("send")

    def close(self):
        pass

    def _raise(self, step):
        for at_step, error in self.refusals:
            if at_step == step:
                raise error


@pytest.mark.parametrize(
    ("refusals", "is_sent", "may_retry"),
    [
        ([], True, False),
        ([("connect", OSError())], False, True),
        ([("login", smtplib.SMTPAuthenticationError(535, b""))], False, False),
        ([("send", smtplib.SMTPRecipientsRefused({}))], False, False),
        ([("send", TimeoutError())], None, False),
        ([("send", smtplib.SMTPServerDisconnected())], None, False),
    ],
    ids=["taken", "nobody there", "wrong password", "no such box", "no answer", "hung up"],
)
def test_what_becomes_of_a_mail(settings, monkeypatch, refusals, is_sent, may_retry):
    settings.REMINDER_HOSTS = ["+127.0.0.1"]
    server = Post(*refusals)
    monkeypatch.setattr(net, "PinnedMail", server)

    outcome = net.mail(
        "smtps://party%40office:p%3Aw@127.0.0.1?from=party@example.invalid",
        "a@example.invalid",
        "提醒",
        "您有 1 件事",
        key="7",
    )

    assert (outcome.is_sent, outcome.may_retry) == (is_sent, may_retry)
    for message in server.sent:
        assert (message["To"], message["From"]) == ("a@example.invalid", "party@example.invalid")
        assert server.known == [("party@office", "p:w")]
        assert "您有 1 件事" in message.get_content()
