"""Asking the effects worker to deliver: only its role may claim effects, so others invoke it.

It gets records shaped like the table's stream, naming facts instead of carrying them.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from chalicelib.adapters.aws import Clients, answered
from chalicelib.ports.answers import Unanswered
from chalicelib.ports.rows import FactRef


class LambdaDeliverer:
    def __init__(self, clients: Clients, function_name: str) -> None:
        self._clients = clients
        self._function_name = function_name

    def deliver(self, refs: Sequence[FactRef]) -> None:
        """Waits for the worker, so that a test clock moves on only when its effects are done."""
        if not refs:
            return
        payload = json.dumps({"Records": [stream_record(ref) for ref in refs]})
        with answered("invoke the effects worker"):
            reply = self._clients("lambda").invoke(
                FunctionName=self._function_name,
                InvocationType="RequestResponse",
                Payload=payload.encode(),
            )
            # Unread, it would keep its connection from the next call, and hide a lost answer.
            reply["Payload"].read()
        if reply.get("FunctionError"):
            raise Unanswered("the effects worker failed; its log says why")


def stream_record(ref: FactRef) -> dict[str, Any]:
    """An INSERT of the fact's row, as far as the worker reads it."""
    row = {
        "business_id": ref.business_id,
        "subject": ref.subject.value,
        "subject_id": ref.subject_id,
        "key": ref.key,
    }
    name = f"{ref.business_id}/{ref.subject.value}/{ref.subject_id}/{ref.key}"
    image = {"body": {"S": json.dumps(row)}, "sk": {"S": f"F#{ref.key}"}, "open": {"L": []}}
    return {
        "eventID": name,
        "eventName": "INSERT",
        "eventSource": "aws:dynamodb",
        "dynamodb": {"NewImage": image, "SequenceNumber": name},
    }
