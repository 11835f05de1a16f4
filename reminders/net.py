"""The only way out of the portal: to hosts that REMINDER_HOSTS names, to the address that was looked at, and no further.

`REMINDER_HOSTS` is a list such as `qyapi.weixin.qq.com,+sms.lan:8080`. A plus says that the host stands in the office's own
network: only then may its address be a private one, and only then may it be spoken to without TLS.
"""

import http.client
import ipaddress
import json
import smtplib
import socket
import ssl
import time
from dataclasses import dataclass
from email.message import EmailMessage
from urllib.parse import parse_qs, unquote, urlsplit

from django.conf import settings

from jobs.fault import point

TIMEOUT = 5  # seconds for each step
DEADLINE = 10  # seconds for the whole answer
ANSWER = 64 * 1024  # bytes; more of an answer is not read
PORTS = {"https": 443, "http": 80, "smtps": 465}


class Refused(Exception):
    """An address to which nothing may be sent; the message says why, in words for the office."""


@dataclass(frozen=True)
class Outcome:
    """How a call ended: `is_sent` True, False, or None when nobody can tell; `may_retry` for a failure that may pass."""

    is_sent: bool | None
    note: str = ""
    may_retry: bool = False


@dataclass(frozen=True)
class Target:
    scheme: str
    host: str
    port: int
    is_private: bool

    @property
    def is_plain(self):
        return self.scheme == "http"


def allowed(host, port):
    """None when the list does not name the host, else whether it names it as one of the office's own network."""
    for entry in settings.REMINDER_HOSTS:
        name, _, only = entry.removeprefix("+").partition(":")
        if host == name.lower() and only in ("", str(port)):
            return entry.startswith("+")
    return None


def target(url, schemes=("https", "http")):
    """Where an address leads, or `Refused`. Nothing is asked of the network."""
    try:
        parts = urlsplit(url.strip())
        host, port = (parts.hostname or "").lower().rstrip("."), parts.port
    except ValueError:
        raise Refused("地址写法不对。") from None
    if parts.scheme not in schemes or not host or any(sign <= " " or sign == "\x7f" for sign in url.strip()):
        raise Refused(f"地址应以 {'、'.join(f'{scheme}://' for scheme in schemes)} 开头，中间没有空格。")
    if parts.scheme != "smtps" and (parts.username or parts.password):
        raise Refused("地址里不能带账号和密码。")
    port = port or PORTS[parts.scheme]
    is_private = allowed(host, port)
    if is_private is None:
        raise Refused("这个地址不在管理员允许的名单里，请联系系统管理员（REMINDER_HOSTS）。")
    if parts.scheme == "http" and not is_private:
        raise Refused("外部地址须用 https。")
    return Target(parts.scheme, host, port, is_private)


def resolved(where):
    """The one address that will be spoken to. A name that leads to any address it must not is refused as a whole."""
    try:
        found = socket.getaddrinfo(where.host, where.port, type=socket.SOCK_STREAM)
    except OSError:
        raise Refused("找不到这个地址。") from None
    addresses = [row[4][:2] for row in found]
    for address, _ in addresses:
        ip = ipaddress.ip_address(address.partition("%")[0])
        ip = getattr(ip, "ipv4_mapped", None) or ip
        if not where.is_private and (not ip.is_global or ip.is_multicast):
            raise Refused("这个名字指向内部网络，没有发出。")
    return addresses[0]


class Pinned(http.client.HTTPConnection):
    """A connection to one address, whatever the name would lead to by now. No proxy, no redirect."""

    def __init__(self, where, address):
        super().__init__(where.host, where.port, timeout=TIMEOUT)
        self.where, self.address = where, address

    def connect(self):
        self.sock = socket.create_connection(self.address, TIMEOUT)
        if not self.where.is_plain:
            self.sock = ssl.create_default_context().wrap_socket(self.sock, server_hostname=self.where.host)


def post(url, body, *, key, sign=None):
    """Post JSON; the key lets the other side see that it had the message before. Returns (Outcome, the answer's JSON).

    `sign`: the bytes of the body → further headers.
    """
    try:
        where = target(url)
        connection = Pinned(where, resolved(where))
        connection.connect()
    except Refused as reason:
        return Outcome(False, str(reason)[:60]), {}
    except OSError:
        return Outcome(False, "连接不上对方", may_retry=True), {}
    parts = urlsplit(url.strip())
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    try:
        data = json.dumps(body, ensure_ascii=False).encode()
        headers = {"Content-Type": "application/json; charset=utf-8", "Idempotency-Key": key, "Connection": "close"}
        headers |= sign(data) if sign else {}
        connection.request("POST", path, data, headers)
        point("deliver-on-the-wire")
        answer = connection.getresponse()
        text = _read(answer)
    except (OSError, http.client.HTTPException, ValueError):
        return Outcome(None, "没有等到对方的答复"), {}
    finally:
        connection.close()
    return _judged(answer.status, text)


def _read(answer):
    """The answer as far as it is of interest, within the deadline."""
    end, parts, size = time.monotonic() + DEADLINE, [], 0
    while size < ANSWER and time.monotonic() < end:
        part = answer.read1(ANSWER - size)
        if not part:
            break
        parts.append(part)
        size += len(part)
    return b"".join(parts)


def _judged(status, text):
    if status in (408, 429):
        return Outcome(False, f"对方暂不接收（{status}）", may_retry=True), {}
    if 300 <= status < 500:
        return Outcome(False, f"对方拒收（{status}）"), {}
    if status >= 500:
        return Outcome(None, f"对方出错（{status}）"), {}
    try:
        found = json.loads(text)
    except ValueError:
        found = {}
    return Outcome(True), found if isinstance(found, dict) else {}


class PinnedMail(smtplib.SMTP_SSL):
    """SMTP over TLS to one address."""

    def __init__(self, where, address):
        self.address = address
        super().__init__(where.host, where.port, timeout=TIMEOUT, context=ssl.create_default_context())

    def _get_socket(self, host, port, timeout):
        return self.context.wrap_socket(socket.create_connection(self.address, timeout), server_hostname=host)


def mail(url, to, subject, text, *, key):
    """Send a mail by `smtps://account:password@host?from=address`."""
    parts = urlsplit(url.strip())
    sender = parse_qs(parts.query).get("from", [unquote(parts.username or "")])[0]
    message = EmailMessage()
    try:
        where = target(url, ("smtps",))
        message["From"], message["To"], message["Subject"] = sender, to, subject
        message["Message-ID"] = f"<{key}@{where.host}>"
        message.set_content(text)
        server = PinnedMail(where, resolved(where))
    except Refused as reason:
        return Outcome(False, str(reason)[:60])
    except ValueError:
        return Outcome(False, "邮箱地址写法不对")
    except (OSError, smtplib.SMTPException):
        return Outcome(False, "连接不上对方", may_retry=True)
    try:
        if parts.username:
            server.login(unquote(parts.username), unquote(parts.password or ""))
    except (OSError, smtplib.SMTPException):
        return Outcome(False, "邮箱账号登录不上")
    try:
        server.send_message(message)
        point("deliver-on-the-wire")
    except (smtplib.SMTPRecipientsRefused, smtplib.SMTPSenderRefused):
        return Outcome(False, "对方拒收")
    except (OSError, smtplib.SMTPException):
        return Outcome(None, "没有等到对方的答复")
    finally:
        server.close()
    return Outcome(True)
