"""Fakes that fail for a while."""

from __future__ import annotations

from dataclasses import dataclass

from chalicelib.ports.answers import Unanswered
from tests.fakes.outside import FakeMail


@dataclass
class DeafMail(FakeMail):
    """Does not answer the first `times` calls."""

    times: int = 0

    def send(self, *, sender: str, recipient: str, mime: bytes) -> str:
        if self.times:
            self.times -= 1
            raise Unanswered("SES does not answer")
        return super().send(sender=sender, recipient=recipient, mime=mime)
