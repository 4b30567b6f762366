"""The emulator the other tests stand on: it starts, answers, forgets, and enforces IAM."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from infra.local.emulator import Emulator

pytestmark = pytest.mark.emulator


def test_it_keeps_what_it_is_given_until_it_is_reset(emulator: Emulator) -> None:
    queues = emulator.clients("sqs")
    queues.create_queue(QueueName="kept")
    assert [url.rsplit("/")[-1] for url in queues.list_queues()["QueueUrls"]] == ["kept"]
    emulator.reset()
    assert queues.list_queues().get("QueueUrls", []) == []


def test_one_client_per_service(emulator: Emulator) -> None:
    assert emulator.clients("s3") is emulator.clients("s3")


def test_an_unknown_user_is_refused(emulator: Emulator) -> None:
    user = emulator.clients("iam")
    user.create_user(UserName="nobody")
    key = user.create_access_key(UserName="nobody")["AccessKey"]
    import botocore.session

    client = botocore.session.get_session().create_client(
        "sqs",
        region_name="eu-west-1",
        endpoint_url=emulator.endpoint_url,
        aws_access_key_id=key["AccessKeyId"],
        aws_secret_access_key=key["SecretAccessKey"],
    )
    with pytest.raises(botocore.exceptions.ClientError) as refusal:
        client.create_queue(QueueName="refused")
    assert refusal.value.response["Error"]["Code"] in {"AccessDenied", "AccessDeniedException"}
