"""Text messages through SNS: transactional, under the business's sender name where allowed."""

from __future__ import annotations

import re

from chalicelib.adapters.aws import Clients, answered, code_of
from chalicelib.domain.errors import Conflict

_REFUSALS = frozenset({"InvalidParameter", "InvalidParameterValue", "ParameterValueInvalid"})
_SENDER_ID = re.compile(r"(?=.*[A-Za-z])[A-Za-z0-9]{1,11}")


class SnsSms:
    """Tried once, as mail is. Many countries ignore `sender_id`; empty leaves it to SNS."""

    def __init__(self, clients: Clients, *, sender_id: str = "") -> None:
        assert not sender_id or _SENDER_ID.fullmatch(sender_id), sender_id
        self._clients = clients
        self._attributes = {"AWS.SNS.SMS.SMSType": _text("Transactional")}
        if sender_id:
            self._attributes["AWS.SNS.SMS.SenderID"] = _text(sender_id)

    def send(self, phone: str, text: str) -> str:
        """Raises Conflict for a number that cannot be texted, or whose owner opted out."""
        from botocore.exceptions import ClientError

        with answered("send text message"):
            try:
                reply = self._clients("sns").publish(
                    PhoneNumber=phone, Message=text, MessageAttributes=self._attributes
                )
            except ClientError as error:
                if code_of(error) not in _REFUSALS:
                    raise
                raise Conflict("phone_rejected", "The number cannot be texted.") from error
        return str(reply["MessageId"])


def _text(value: str) -> dict[str, str]:
    return {"DataType": "String", "StringValue": value}
