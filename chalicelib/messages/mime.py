"""A mail as the bytes that SES sends: the same input is the same message, and no fact is a header.

Names and subjects come from people, so a line break in one would add headers of their choosing:
every header value is made one line or refused here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from hashlib import sha256
from typing import TYPE_CHECKING

from chalicelib.domain.errors import DomainError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from chalicelib.messages.views import Message

_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?"
_ADDRESS = re.compile(rf"{_ATOM}(?:\.{_ATOM})*@{_LABEL}(?:\.{_LABEL})+")
_ADDRESS_LONGEST = 254
_TOKEN = re.compile(r"[\x21-\x7e]{1,900}")
_FILE_NAME = re.compile(r"[^\w.() -]+")


class UnsafeHeaderError(DomainError):
    """A value that may not stand in a mail's header."""

    def __init__(self, detail: str) -> None:
        super().__init__("unsafe_header", detail)


@dataclass(frozen=True, slots=True)
class Mailbox:
    address: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class Attachment:
    file_name: str
    content: bytes
    media_type: str = "application/pdf"


def to_mime(
    message: Message,
    *,
    sender: Mailbox,
    recipient: Mailbox,
    message_id: str,
    date: datetime,
    notice_key: str,
    attachments: Sequence[Attachment] = (),
    reply_to: Mailbox | None = None,
    list_unsubscribe: str | None = None,
) -> bytes:
    """The finished message. Raises UnsafeHeaderError for an address or token that is none."""
    mail = EmailMessage(policy=SMTP)
    mail["From"] = _mailbox(sender)
    mail["To"] = _mailbox(recipient)
    if reply_to is not None:
        mail["Reply-To"] = _mailbox(reply_to)
    mail["Subject"] = _one_line(message.subject)
    mail["Date"] = format_datetime(date)
    tokens = {
        "Message-ID": f"<{_token(message_id.strip('<>'))}>",
        "Auto-Submitted": "auto-generated",
        "X-Auto-Response-Suppress": "All",
        "X-Duecourse-Notice": _token(notice_key),
    }
    if list_unsubscribe is not None:
        tokens["List-Unsubscribe"] = f"<{_token(list_unsubscribe)}>"
    mail.set_content(_encodable(message.text), cte="quoted-printable")
    mail.add_alternative(_encodable(message.html), subtype="html", cte="quoted-printable")
    for attachment in attachments:
        maintype, _, subtype = attachment.media_type.partition("/")
        mail.add_attachment(
            attachment.content,
            maintype=maintype,
            subtype=subtype,
            filename=_file_name(attachment.file_name),
        )
    _fix_boundaries(mail, message_id)
    # Written here, because the email package breaks a long token into pieces no one can match.
    head = "".join(f"{name}: {value}\r\n" for name, value in tokens.items())
    return head.encode("ascii") + mail.as_bytes()


def _fix_boundaries(mail: EmailMessage, message_id: str) -> None:
    """Boundaries are random by default; ours follow from the message's name."""
    multiparts = [part for part in mail.walk() if part.is_multipart()]
    for index, part in enumerate(multiparts):
        digest = sha256(f"{message_id}/{index}".encode()).hexdigest()
        part.set_boundary(f"=_{digest[:40]}")


def _mailbox(box: Mailbox) -> Address:
    if len(box.address) > _ADDRESS_LONGEST or not _ADDRESS.fullmatch(box.address):
        raise UnsafeHeaderError("not one plain mail address")
    return Address(display_name=_one_line(box.name), addr_spec=box.address)


def _one_line(value: str) -> str:
    """A person's text without line breaks and other controls."""
    return " ".join("".join(c if c.isprintable() else " " for c in value).split())


def _encodable(body: str) -> str:
    """Half a character (a lone surrogate in a name) must not cost the mail."""
    return body.encode("utf-8", "replace").decode()


def _token(value: str) -> str:
    if not _TOKEN.fullmatch(value):
        raise UnsafeHeaderError("a header token is printable ASCII without spaces")
    return value


def _file_name(name: str) -> str:
    return _FILE_NAME.sub("_", _one_line(name))[:120] or "document.pdf"
