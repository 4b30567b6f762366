"""The served fake: the SDK over HTTP, control routes, the pump, the state file."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
import stripe

from infra.local.fake_stripe import FakeStripe
from infra.local.fake_stripe.saving import load, save
from tests.infra.fake_stripe.bench import START, FakeBench, Ticking
from tests.infra.fake_stripe.serving import Served, receiving, serving


@pytest.fixture
def served() -> Iterator[Served]:
    with serving() as bench:
        yield bench


def control(served: Served, name: str, wish: dict[str, Any] | None = None) -> Any:
    url = f"{served.url}/_control/{name}"
    answer = (
        requests.get(url, timeout=9) if wish is None else requests.post(url, json=wish, timeout=9)
    )
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_the_sdk_pays_over_http(served: Served) -> None:
    intent = served.paid()
    assert intent.status == "succeeded"
    assert served.declined(served.intent(), "pm_card_visa_chargeDeclined").decline_code == (
        "generic_decline"
    )


def test_it_listens_on_this_machine_only(served: Served) -> None:
    assert served.server.server_address[0] == "127.0.0.1"


def test_a_dropped_connection_is_a_connection_error(served: Served) -> None:
    customer, method = served.saved()
    intent = served.intent(customer)
    control(served, "faults", {"kind": "drop_after", "operation": "payment_intents.confirm"})
    error = served.refused(lambda: served.confirm(intent, method, off_session=True))
    assert isinstance(error, stripe.APIConnectionError)
    assert served.v1.payment_intents.retrieve(intent).status == "succeeded"


def test_a_gateways_html_over_http(served: Served) -> None:
    control(served, "faults", {"kind": "html_502"})
    error = served.refused(served.customer)
    assert (error.http_status, error.error) == (502, None)


def test_a_refusal_is_a_501_with_its_reason(served: Served) -> None:
    answer = requests.get(
        f"{served.url}/v1/invoices", headers={"Authorization": "Bearer sk_test_x"}, timeout=9
    )
    assert answer.status_code == 501
    assert "does not implement GET /v1/invoices" in answer.text


def test_the_books_of_every_account(served: Served) -> None:
    served.paid()
    connected = control(served, "account", {"ready": True})["account"]
    books = control(served, "books")["accounts"]
    own = served.core.account().id
    assert books[own]["platform"]
    assert books[own]["currencies"]["usd"]["charges"] == 8900
    assert books[connected] == {"platform": False, "currencies": {}}


def test_the_clock_moves_forward_and_runs_what_is_due(served: Served) -> None:
    served.paid()
    assert control(served, "clock", {"advance": 4 * 86_400})["now"] == START + 4 * 86_400
    assert len(served.v1.payouts.list({}).data) == 1
    assert control(served, "clock", {"now": START + 9 * 86_400})["now"] == START + 9 * 86_400
    back = requests.post(f"{served.url}/_control/clock", json={"now": START}, timeout=9)
    assert back.status_code == 400


def test_cards_disputes_refunds_and_payouts_under_control(served: Served) -> None:
    customer, method = served.saved()
    outcomes: list[Any] = ["insufficient_funds", {"code": "lost_card", "network_advice_code": "03"}]
    control(served, "cards", {"target": method, "outcomes": outcomes})
    intent = served.intent(customer)
    assert served.declined(intent, method).decline_code == "insufficient_funds"
    assert served.declined(intent, method).network_advice_code == "03"
    control(served, "cards", {"update": method, "exp_month": 1, "exp_year": 2040})
    paid = served.confirm(intent, method)
    refund = served.refund(paid.id, amount=100)
    control(served, "refund", {"fail": refund.id})
    assert served.v1.refunds.retrieve(refund.id).status == "failed"
    dispute = control(served, "dispute", {"charge": paid.latest_charge})
    control(served, "dispute", {"dispute": dispute["id"], "won": True})
    assert served.v1.disputes.retrieve(dispute["id"]).status == "won"
    control(served, "payout", {"fail_next": "account_closed"})
    control(served, "clock", {"advance": 12 * 86_400})
    assert served.v1.payouts.list({}).data[-1].status == "failed"


def test_reset_forgets_everything(served: Served) -> None:
    served.paid()
    control(served, "reset", {})
    assert served.v1.customers.list({}).data == []
    assert served.paid().status == "succeeded"


@pytest.mark.parametrize(
    ("name", "wish", "status"),
    [("cards", {}, 400), ("faults", {"kind": "sunshine"}, 400), ("weather", {}, 404)],
)
def test_a_wrong_wish_is_told(served: Served, name: str, wish: dict[str, Any], status: int) -> None:
    answer = requests.post(f"{served.url}/_control/{name}", json=wish, timeout=9)
    assert answer.status_code == status
    assert answer.json()["error"]


def test_the_pump_delivers_signed_events_until_it_hears_a_2xx(served: Served) -> None:
    with receiving() as receiver:
        endpoint = served.v1.webhook_endpoints.create(
            {"url": receiver.url, "enabled_events": ["*"]}
        )
        receiver.answers = [500]
        served.customer()
        assert control(served, "pump", {}) == {"delivered": 0, "waiting": 1}
        assert control(served, "pump", {}) == {"delivered": 0, "waiting": 1}
        control(served, "clock", {"advance": 60})
        assert control(served, "pump", {}) == {"delivered": 1, "waiting": 0}
        assert [json.loads(body)["type"] for body, _ in receiver.got] == ["customer.created"] * 2
        body, header = receiver.got[-1]
        event = stripe.Webhook.construct_event(body, header, str(endpoint.secret), 10**9)
        assert event.type == "customer.created"


def test_connected_accounts_have_an_endpoint_of_their_own(served: Served) -> None:
    with receiving() as receiver:
        served.v1.webhook_endpoints.create(
            {"url": receiver.url, "enabled_events": ["*"], "connect": True}
        )
        account = control(served, "account", {"ready": True})["account"]
        served.v1.customers.create({"name": "Bo"}, {"stripe_account": account})
        served.customer()
        control(served, "pump", {})
        assert [json.loads(body)["account"] for body, _ in receiver.got] == [account]


def test_an_endpoint_can_be_deleted(served: Served) -> None:
    made = served.v1.webhook_endpoints.create(
        {"url": "https://shop.test/hooks", "enabled_events": ["*"]}
    )
    assert [made.id] == [e.id for e in served.v1.webhook_endpoints.list({}).data]
    served.v1.webhook_endpoints.delete(made.id)
    served.customer()
    assert served.core.webhooks.waiting() == 0


def test_a_state_file_carries_everything_over(fake: FakeBench, tmp_path: Path) -> None:
    intent, file = fake.paid().id, tmp_path / "stripe.state"
    fake.core.advance(86_400)
    save(fake.core, file)
    later = FakeStripe(Ticking(), checked=True)
    load(later, file)
    assert later.state.now == START + 86_400
    assert later.call("GET", f"/v1/payment_intents/{intent}").body["status"] == "succeeded"
    assert len(later.next_events()) == len(fake.event_types())
    later.advance(9 * 86_400)
    assert later.books()["usd"]["payouts"] == -8612
    load(FakeStripe(Ticking()), tmp_path / "none")


def test_the_command_serves_and_stops(tmp_path: Path) -> None:
    state = tmp_path / "stripe.state"
    process = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "infra.local.fake_stripe",
            "--port",
            "0",
            "--state-file",
            str(state),
        ],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": "."},
    )
    assert process.stdout is not None
    url = process.stdout.readline().split()[-1]
    assert requests.get(f"{url}/_health", timeout=9).json() == {"ok": True}
    process.send_signal(signal.SIGTERM)
    assert process.wait(20) == 0
    assert state.exists()
