"""Queues on SQS. Standard queues repeat and reorder anyway, so sending twice is allowed."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping

from chalicelib.adapters.aws import Clients, Throttled, answered
from chalicelib.ports.outside import QueueName

LONGEST_DELAY_SECONDS = 900
# botocore does not repeat SQS's own throttling, so we do.
PAUSES_SECONDS = (0.1, 0.3, 0.9)


class SqsQueue:
    """`urls` names where each queue is."""

    def __init__(
        self,
        clients: Clients,
        urls: Mapping[QueueName, str],
        *,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._clients = clients
        self._urls = urls
        self._sleep = sleep

    def send(self, queue: QueueName, body: Mapping[str, str], *, delay_seconds: int = 0) -> None:
        assert 0 <= delay_seconds <= LONGEST_DELAY_SECONDS, delay_seconds
        for pause in PAUSES_SECONDS:
            try:
                self._send(queue, body, delay_seconds)
            except Throttled:
                self._sleep(pause)
            else:
                return
        self._send(queue, body, delay_seconds)

    def _send(self, queue: QueueName, body: Mapping[str, str], delay_seconds: int) -> None:
        with answered(f"send to {queue}"):
            self._clients("sqs").send_message(
                QueueUrl=self._urls[queue],
                MessageBody=json.dumps(dict(body), ensure_ascii=False, sort_keys=True),
                DelaySeconds=delay_seconds,
            )
