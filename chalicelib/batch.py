"""How every queue and stream worker answers: done records stay done, failed ones come back.

One place, so that no worker forgets it: without the partial answer one bad message would make
Lambda repeat, or drop, its whole batch. What failed is logged by id and code, then raised again.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from chalicelib.observability import count, log_failure

if TYPE_CHECKING:
    from collections.abc import Callable

Answer = dict[str, object]


def handle_messages(event: Any, handle: Callable[[dict[str, Any]], object], queue: str) -> Answer:
    """Each SQS message's JSON body to `handle`; those that raise return to the queue."""
    from aws_lambda_powertools.utilities.batch import EventType

    def one(record: Any) -> None:
        handle(json.loads(record.body))

    return _settle(event, one, EventType.SQS, queue)


def handle_stream(event: Any, handle: Callable[[dict[str, Any]], object], stream: str) -> Answer:
    """Each stream record as Lambda delivered it; the lowest that raises is where it resumes."""
    from aws_lambda_powertools.utilities.batch import EventType

    def one(record: Any) -> None:
        handle(record.raw_event)

    return _settle(event, one, EventType.DynamoDBStreams, stream)


def _settle(event: Any, handle: Callable[[Any], None], kind: Any, source: str) -> Answer:
    from aws_lambda_powertools.utilities.batch import BatchProcessor, process_partial_response

    def told(record: Any) -> None:
        try:
            handle(record)
        except Exception as error:
            count("RecordFailed")
            message_id = getattr(record, "message_id", None) or getattr(record, "event_id", None)
            log_failure("record_failed", error, queue=source, message_id=message_id)
            raise

    answer = process_partial_response(
        event=event.to_dict(),
        record_handler=told,
        # If all fail the answer lists them all; an exception would say the same, but less clearly.
        processor=BatchProcessor(event_type=kind, raise_on_entire_batch_failure=False),
        context=event.context,
    )
    return dict(answer)
