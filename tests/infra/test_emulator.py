"""The emulator the other tests stand on: it starts, answers, forgets, and enforces IAM."""

from __future__ import annotations

from pathlib import Path

import botocore.session
import pytest
from botocore.exceptions import ClientError

from infra.local.emulator import Emulator, port_is_free, start_emulator

pytestmark = pytest.mark.emulator


def test_it_keeps_what_it_is_given_until_it_is_reset(tmp_path: Path) -> None:
    own = start_emulator(tmp_path)
    queues = own.clients("sqs")
    queues.create_queue(QueueName="kept")
    assert [url.rsplit("/")[-1] for url in queues.list_queues()["QueueUrls"]] == ["kept"]
    own.reset()
    assert queues.list_queues().get("QueueUrls", []) == []
    own.stop()
    assert port_is_free(own.port)


def test_one_client_per_service(emulator: Emulator) -> None:
    assert emulator.clients("s3") is emulator.clients("s3")


def test_an_unknown_user_is_refused(emulator: Emulator) -> None:
    user = emulator.clients("iam")
    user.create_user(UserName="nobody")
    key = user.create_access_key(UserName="nobody")["AccessKey"]
    client = botocore.session.get_session().create_client(
        "sqs",
        region_name="eu-west-1",
        endpoint_url=emulator.endpoint_url,
        aws_access_key_id=key["AccessKeyId"],
        aws_secret_access_key=key["SecretAccessKey"],
    )
    with pytest.raises(ClientError) as refusal:
        client.create_queue(QueueName="refused")
    assert refusal.value.response["Error"]["Code"] in {"AccessDenied", "AccessDeniedException"}
