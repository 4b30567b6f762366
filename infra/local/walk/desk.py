"""Whoever walks: a client of the deployed API, the payers, and a business of the walk's own."""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import count
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

from infra.local import payer

ZONE = "America/New_York"
VISA, MASTERCARD = "4242424242424242", "5555555555554444"
POOR = "4000000000000341"  # saves, and declines when charged
PATIENCE_SECONDS = 120


class WalkError(AssertionError):
    """Something came out otherwise than it should have."""


class _Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: Any, **__: Any) -> None:
        return None


@dataclass
class Desk:
    """`ask` calls the API as an admin of the walk's own business and wants the status it names."""

    outputs: Mapping[str, str]
    token: str
    business_id: str = ""
    account: str = ""
    run: str = field(default_factory=lambda: uuid4().hex[:10])
    _numbers: count[int] = field(default_factory=lambda: count(1))

    @property
    def stripe(self) -> payer.Stripe:
        return payer.Stripe(self.outputs["StripeUrl"])

    @property
    def today(self) -> date:
        """Where the business is: in the evening there it is tomorrow in UTC, and no cheque has come
        tomorrow.
        """
        return datetime.now(ZoneInfo(ZONE)).date()

    def day(self, days: int) -> str:
        return (self.today + timedelta(days=days)).isoformat()

    def get(self, path: str, status: int = 200) -> Any:
        return self._ask("GET", path, None, status)

    def post(self, path: str, body: Any = None, status: int = 200, *, key: str = "") -> Any:
        return self._ask("POST", path, body, status, key=key)

    def patch(self, path: str, body: Any, status: int = 200) -> Any:
        return self._ask("PATCH", path, body, status)

    def delete(self, path: str, status: int = 200) -> Any:
        return self._ask("DELETE", path, None, status)

    def _ask(self, method: str, path: str, body: Any, status: int, *, key: str = "") -> Any:
        headers = {"Content-Type": "application/json", "Authorization": f"Bearer {self.token}"}
        if self.business_id:
            headers["Duecourse-Business"] = self.business_id
        if method == "POST":
            headers["Idempotency-Key"] = key or f"walk-{self.run}-{next(self._numbers)}"
        request = urllib.request.Request(  # noqa: S310 -- this machine's own
            self.outputs["PublicUrl"].rstrip("/") + path,
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers=headers,
        )
        try:
            with urllib.request.build_opener(_Stay).open(request, timeout=90) as reply:
                found, text = reply.status, reply.read().decode()
        except urllib.error.HTTPError as refusal:
            found, text = refusal.code, refusal.read().decode()
        if found != status:
            raise WalkError(f"{method} {path} answered {found}, not {status}: {text}")
        return json.loads(text)

    # ---------------------------------------------------------------------------------- people

    def customer(self, name: str, *, card: str | None = VISA, **more: Any) -> str:
        """A customer, with a card typed in on Stripe's page unless it has none."""
        body = {"name": name, "email": "walk@example.com", **more}
        customer_id = str(self.post("/v1/customers", body, 201)["id"])
        if card is not None:
            self.save_card(customer_id, card)
        return customer_id

    def save_card(self, customer_id: str, number: str) -> None:
        wish = {
            "customer_id": customer_id,
            "success_url": "https://app.example/saved",
            "cancel_url": "https://app.example/back",
        }
        page = self.post("/v1/setup-sessions", wish, 201)
        payer.save_card(page["url"], number)
        self.post(f"/v1/setup-sessions/{page['id']}/complete")

    def invoice(self, customer_id: str, amount: int = 8900, **more: Any) -> Any:
        lines = [{"description": "Consulting", "unit_amount": amount}]
        body = {"customer_id": customer_id, "lines": lines, "finalize": True, **more}
        return self.post("/v1/invoices", body, 201)

    def paid_invoice(self, customer_id: str, amount: int = 8900) -> Any:
        """Charged by the stack's own workers."""
        made = self.invoice(customer_id, amount)
        return self.until_invoice(made["id"], "paid")

    def until_invoice(self, invoice_id: str, status: str) -> Any:
        return self.until(f"/v1/invoices/{invoice_id}", lambda one: one["status"] == status)

    def until_pdf(self, path: str) -> None:
        """The address it leads to gives a PDF, once it is drawn."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            try:
                link = self.get(path, 303)["url"]
                break
            except WalkError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.5)
        with urllib.request.urlopen(link, timeout=20) as file:  # noqa: S310
            must(file.read(5), b"%PDF-", path)

    def until(self, path: str, holds: Callable[[Any], bool]) -> Any:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not holds(found := self.get(path)):
            if time.monotonic() > deadline:
                raise WalkError(f"{path} is still {json.dumps(found)[:1500]}")
            time.sleep(0.5)
        return found


def must(found: object, expected: object, what: str) -> None:
    if found != expected:
        raise WalkError(f"{what}: {found!r}, not {expected!r}")
