"""Which records come back: exactly those that failed, and nothing about people in the log."""

from __future__ import annotations

import json
from typing import Any, cast

from chalice.app import DynamoDBEvent, SQSEvent

from chalicelib.batch import handle_messages, handle_stream
from tests.events import LambdaContext, sample_event
from tests.logs import LogLines


class CardStolenError(Exception):
    code = "card_stolen"


def messages() -> Any:
    return SQSEvent(sample_event("sqs_dunning"), cast("Any", LambdaContext()))


def records() -> Any:
    return DynamoDBEvent(sample_event("dynamodb_insert"), cast("Any", LambdaContext()))


def test_every_message_is_handled_and_none_comes_back() -> None:
    seen: list[dict[str, Any]] = []
    assert handle_messages(messages(), seen.append, "dunning") == {"batchItemFailures": []}
    assert [body["payment_id"] for body in seen] == ["pay_1", "pay_2"]


def test_only_the_failed_message_comes_back() -> None:
    def refuse_the_second(body: dict[str, Any]) -> None:
        if body["payment_id"] == "pay_2":
            raise CardStolenError

    assert handle_messages(messages(), refuse_the_second, "dunning") == {
        "batchItemFailures": [{"itemIdentifier": "2e1424d4-f796-459a-8184-9c92662be6da"}]
    }


def test_if_all_fail_all_come_back() -> None:
    def refuse(_body: dict[str, Any]) -> None:
        raise CardStolenError

    failures = handle_messages(messages(), refuse, "dunning")["batchItemFailures"]
    assert isinstance(failures, list)
    assert len(failures) == 2


def test_a_body_that_is_no_json_comes_back_and_spares_the_others() -> None:
    event = sample_event("sqs_dunning")
    event["Records"][0]["body"] = "not json"
    seen: list[dict[str, Any]] = []
    answer = handle_messages(SQSEvent(event, cast("Any", LambdaContext())), seen.append, "dunning")
    assert answer == {
        "batchItemFailures": [{"itemIdentifier": "059f36b4-87a3-44ab-83d2-661975830a7d"}]
    }
    assert len(seen) == 1


def test_a_stream_record_is_handed_over_as_lambda_delivered_it() -> None:
    seen: list[dict[str, Any]] = []
    assert handle_stream(records(), seen.append, "effects") == {"batchItemFailures": []}
    assert seen == sample_event("dynamodb_insert")["Records"]


def test_a_failed_stream_record_is_named_by_its_sequence_number() -> None:
    def refuse_the_second(record: dict[str, Any]) -> None:
        if record["dynamodb"]["Keys"]["pk"]["S"].endswith("inv_2"):
            raise CardStolenError

    assert handle_stream(records(), refuse_the_second, "effects") == {
        "batchItemFailures": [{"itemIdentifier": "4421584500000000017450439092"}]
    }


def test_a_failure_is_logged_by_id_and_code_without_its_words(
    log_lines: LogLines,
) -> None:
    def refuse(_body: dict[str, Any]) -> None:
        raise CardStolenError("Ada Lovelace, ada@example.com, says her card was stolen")

    handle_messages(messages(), refuse, "dunning")
    lines = log_lines()
    failed = [line for line in lines if line.get("message") == "record_failed"]
    assert [line["code"] for line in failed] == ["card_stolen", "card_stolen"]
    assert failed[0]["message_id"] == "059f36b4-87a3-44ab-83d2-661975830a7d"
    assert "Ada" not in json.dumps(lines)
