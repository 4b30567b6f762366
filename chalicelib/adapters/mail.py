"""Mail through SES, as finished MIME: version 1's raw call keeps attachments and every header.

A send is tried once. SES cannot recognise a repeat, so what follows a lost answer is the decision
of whoever claimed the effect.
"""

from __future__ import annotations

from chalicelib.adapters.aws import Clients, answered, code_of
from chalicelib.domain.errors import Conflict

_REFUSALS = frozenset({"MessageRejected", "InvalidParameterValue"})


class SesMail:
    def __init__(self, clients: Clients) -> None:
        self._clients = clients

    def send(self, *, sender: str, recipient: str, mime: bytes) -> str:
        """Raises Conflict when SES will never take it (an address it refuses, a bad message)."""
        from botocore.exceptions import ClientError

        with answered("send mail"):
            try:
                reply = self._clients("ses").send_raw_email(
                    Source=sender, Destinations=[recipient], RawMessage={"Data": mime}
                )
            except ClientError as error:
                if code_of(error) not in _REFUSALS:
                    raise
                words = error.response["Error"].get("Message", "")
                raise Conflict("mail_rejected", f"The mail was refused: {words}") from error
        return str(reply["MessageId"])
