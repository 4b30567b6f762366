"""Notices in words: pure given their input, for mail, SMS, portal and API alike."""

from chalicelib.messages.mail import compose
from chalicelib.messages.mime import Attachment, Mailbox, UnsafeHeaderError, to_mime
from chalicelib.messages.payer import payer_text
from chalicelib.messages.sms import compose_sms
from chalicelib.messages.views import (
    BusinessView,
    Message,
    NoticeKind,
    NoticeView,
    PayerTextKey,
    StaffView,
)

__all__ = [
    "Attachment",
    "BusinessView",
    "Mailbox",
    "Message",
    "NoticeKind",
    "NoticeView",
    "PayerTextKey",
    "StaffView",
    "UnsafeHeaderError",
    "compose",
    "compose_sms",
    "payer_text",
    "to_mime",
]
