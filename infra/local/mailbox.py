"""The mailbox page: every mail and SMS the local stack sent, as its recipient would see it.

Mails come from the folder the SMTP sink fills, SMS from the emulator. HTML parts are shown in a
sandboxed frame without scripts. `/api/mails` and `/api/sms` give the same to tests and the demo.
"""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, cast
from urllib.parse import parse_qs, quote, unquote, urlsplit

A_PAGE = 200

STYLE = """
body{font:15px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:60rem;padding:0 1rem}
table{border-collapse:collapse;width:100%}small{color:#5a6b7b}a{color:#0b5cad}
td,th{text-align:left;padding:.4rem .6rem;border-bottom:1px solid #dde4ea;vertical-align:top}
dt{font-weight:600;float:left;clear:left;width:7rem}dd{margin:0 0 .2rem 7rem}
iframe{width:100%;height:44rem;border:1px solid #dde4ea;background:#fff}
pre{white-space:pre-wrap;background:#f5f7f9;padding:1rem}
"""


@dataclass(frozen=True, kw_only=True)
class Mail:
    """One mail as kept, taken apart for showing."""

    id: str
    sent_at_ms: int
    sender: str
    to: str
    subject: str
    text: str
    html: str
    attachments: list[str] = field(default_factory=list)


def read_mail(path: Path) -> Mail:
    message = read_message(path)
    return Mail(
        id=path.stem,
        sent_at_ms=int(path.stem.split("-")[0]),
        sender=str(message["From"] or ""),
        to=str(message["To"] or message["X-Envelope-To"] or ""),
        subject=str(message["Subject"] or ""),
        text=_body(message, "plain"),
        html=_body(message, "html"),
        attachments=[part.get_filename() or "unnamed" for part in attachments(message)],
    )


def read_message(path: Path) -> EmailMessage:
    return message_from_bytes(path.read_bytes(), policy=default)


def attachments(message: EmailMessage) -> list[EmailMessage]:
    return [part for part in message.walk() if part.get_filename() or part["Content-ID"]]


def _body(message: EmailMessage, kind: str) -> str:
    part = message.get_body(preferencelist=(kind,))
    return str(part.get_content()) if part is not None else ""


class Mailbox(ThreadingHTTPServer):
    """Serves the folder's mails on 127.0.0.1."""

    daemon_threads = True

    def __init__(self, port: int, folder: Path, emulator_url: str = "") -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.emulator_url = emulator_url
        self._read: dict[str, Mail] = {}  # a mail never changes once it is there
        super().__init__(("127.0.0.1", port), _Page)

    def mails(self, shown: slice = slice(None)) -> list[Mail]:
        """The newest first."""
        return [self._mail(path) for path in self.paths()[shown]]

    def paths(self) -> list[Path]:
        """Files of all mails, the newest first."""
        return sorted(self.folder.glob("*.eml"), reverse=True)

    def _mail(self, path: Path) -> Mail:
        if path.name not in self._read:
            self._read[path.name] = read_mail(path)
        return self._read[path.name]

    def sms(self) -> list[dict[str, Any]]:
        if not self.emulator_url:
            return []
        address = f"{self.emulator_url}/_ministack/sns/sms-messages"
        with urllib.request.urlopen(address, timeout=5) as answer:  # noqa: S310
            kept = json.load(answer).get("sms_messages", {})
        return [{"to": to, **one} for to, messages in kept.items() for one in messages]

    def path_of(self, mail_id: str) -> Path | None:
        """The mail's file; looked up among those there are, so no path can be made up."""
        return next((path for path in self.folder.glob("*.eml") if path.stem == mail_id), None)


class _Page(BaseHTTPRequestHandler):
    server: Mailbox

    def do_GET(self) -> None:
        fixed: dict[str, Callable[[], tuple[str, bytes]]] = {
            "/": self._list,
            "/api/mails": lambda: _json([asdict(mail) for mail in self.server.mails()]),
            "/api/sms": lambda: _json(self.server.sms()),
        }
        path = self.path.split("?", maxsplit=1)[0]
        answer = fixed[path]() if path in fixed else self._of_one_mail(path.split("/")[1:])
        if answer is None:
            self.send_error(404)
            return
        self._send(*answer)

    def _list(self) -> tuple[str, bytes]:
        """After a demo there are thousands: a page shows some."""
        asked = parse_qs(urlsplit(self.path).query).get("from", ["0"])[0]
        start = int(asked) if asked.isdecimal() else 0
        mails = self.server.mails(slice(start, start + A_PAGE))
        count = len(self.server.paths())
        return _html(_list_page(mails, self.server.sms()[-A_PAGE:], start, count))

    def _of_one_mail(self, parts: list[str]) -> tuple[str, bytes] | None:
        match parts:
            case ["mail", mail_id] if path := self.server.path_of(mail_id):
                return _html(_mail_page(read_mail(path)))
            case ["mail", mail_id, "html"] if path := self.server.path_of(mail_id):
                return _html(_with_inline_images(path))
            case ["mail", mail_id, "raw"] if path := self.server.path_of(mail_id):
                return "text/plain; charset=utf-8", path.read_bytes()
            case ["mail", mail_id, "part", name] if path := self.server.path_of(mail_id):
                return _part(path, unquote(name))
        return None

    def _send(self, content_type: str, body: bytes) -> None:
        self.send_response(200)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Content-Security-Policy", "script-src 'none'")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Quiet: the run's terminal is for its links."""


def _html(page: str) -> tuple[str, bytes]:
    return "text/html; charset=utf-8", page.encode()


def _json(value: object) -> tuple[str, bytes]:
    return "application/json", json.dumps(value).encode()


def _part(path: Path, name: str) -> tuple[str, bytes] | None:
    for part in attachments(read_message(path)):
        if name in {part.get_filename(), str(part["Content-ID"] or "").strip("<>")}:
            return part.get_content_type(), cast("bytes", part.get_payload(decode=True))
    return None


def _with_inline_images(path: Path) -> str:
    return read_mail(path).html.replace("cid:", f"/mail/{path.stem}/part/")


def _page_of(title: str, body: str) -> str:
    head = f"<meta charset=utf-8><title>{escape(title)}</title><style>{STYLE}</style>"
    return f'<!doctype html><html lang="en"><head>{head}</head><body>{body}</body></html>'


def _list_page(mails: list[Mail], sms: list[dict[str, Any]], start: int, count: int) -> str:
    rows = "".join(
        f'<tr><td><a href="/mail/{mail.id}">{escape(mail.subject) or "(no subject)"}</a>'
        f"<br><small>{escape(', '.join(mail.attachments))}</small></td>"
        f"<td>{escape(mail.to)}</td><td>{escape(mail.sender)}</td></tr>"
        for mail in mails
    )
    texts = "".join(
        f"<tr><td>{escape(str(one['to']))}</td>"
        f"<td>{escape(str(one.get('Message') or one.get('message') or one))}</td></tr>"
        for one in sms
    )
    older = start + A_PAGE
    more = f'<p><a href="/?from={older}">Older mails</a></p>' if older < count else ""
    return _page_of(
        f"Mailbox ({count})",
        f"<h1>Mailbox</h1><p>{count} mails, newest first; nothing here left this machine.</p>"
        f"<table><tr><th>Subject<th>To<th>From</tr>{rows}</table>{more}"
        f"<h2>SMS</h2><table><tr><th>To<th>Text</tr>{texts}</table>",
    )


def _mail_page(mail: Mail) -> str:
    files = ", ".join(
        f'<a href="/mail/{mail.id}/part/{quote(name)}">{escape(name)}</a>'
        for name in mail.attachments
    )
    # Links open in a new tab, outside the frame; scripts never run.
    frame = (
        f'<iframe title="HTML part" src="/mail/{mail.id}/html" '
        'sandbox="allow-popups allow-popups-to-escape-sandbox"></iframe>'
    )
    return _page_of(
        mail.subject,
        f'<p><a href="/">All mails</a></p><h1>{escape(mail.subject)}</h1><dl>'
        f"<dt>From<dd>{escape(mail.sender)}<dt>To<dd>{escape(mail.to)}"
        f'<dt>Attached<dd>{files or "nothing"}<dt>Source<dd><a href="/mail/{mail.id}/raw">raw</a>'
        f"</dl>{frame if mail.html else ''}<h2>Text part</h2><pre>{escape(mail.text)}</pre>",
    )
