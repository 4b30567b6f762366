"""What Stripe and the table saw, by business identity and as it happened.

Judges money while it moves: a watcher of Stripe's events looks at the table at that very moment.
Reads the fakes' own records only and calls nothing of the product.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chalicelib.domain.facts import Subject

if TYPE_CHECKING:
    from infra.local.fake_stripe.state import Account
    from tests.simulation.install import World

_OVER = {"succeeded", "canceled"}
_DAY = 86_400
_BUSINESS = "biz_1"


class Witness:
    """`hits` are charges that reached a bank: payment and how many tries were written by then."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.told: list[str] = []
        self.hits: dict[str, tuple[str, int]] = {}
        self.hit_by: dict[tuple[str, int], str] = {}
        self.captured: dict[str, int] = {}
        world.stripe.state.watchers.append(self.see)

    def see(self, account: Account, event: dict[str, Any]) -> None:
        kind, body = event["type"], event["data"]["object"]
        if kind == "payment_intent.created":
            self._intent_made(account, body)
        elif kind in {"charge.succeeded", "charge.failed", "charge.pending"}:
            self._charge(account, body)
        self._world.hear(account, event)

    def _intent_made(self, account: Account, body: dict[str, Any]) -> None:
        """I3: a payment has one intent, whoever asks for it and however often.

        After a day Stripe has forgotten the key of an unanswered create: then a second one is made,
        and the first is never confirmed because nobody knows its id.
        """
        payment_id, forgotten = body["metadata"]["payment_id"], body["created"] - _DAY
        made = [
            one["id"]
            for one in account.payment_intents.values()
            if one["metadata"].get("payment_id") == payment_id and one["created"] > forgotten
        ]
        if len(made) > 1:
            self._world.violate("I3", f"{payment_id} has {len(made)} intents")

    def _only_one_tried(self, body: dict[str, Any]) -> None:
        """I3: while one intent is tried, no other that was tried could still take the money."""
        invoice_id = body["metadata"]["invoice_id"]
        demand = self._invoice(body["metadata"]["business_id"], invoice_id)
        same = {invoice_id, *(part.invoice_id for part in demand.allocations)}
        for one in self._world.stripe.account().payment_intents.values():
            other = one["metadata"].get("invoice_id") in same
            tried = one["latest_charge"] is not None and one["status"] not in _OVER
            if other and tried and one["id"] != body["payment_intent"]:
                self._world.violate("I3", f"{invoice_id}: {one['id']} could take it too")

    def _charge(self, account: Account, body: dict[str, Any]) -> None:
        metadata = body["metadata"]
        payment_id, invoice_id = metadata["payment_id"], metadata["invoice_id"]
        invoice = self._invoice(metadata["business_id"], invoice_id)
        payment = next((one for one in invoice.payments if one.id == payment_id), None)
        if payment is None:
            self._world.violate("I2", f"{payment_id} was charged before it was written down")
            return
        if body["id"] not in self.hits:
            self._count(body, payment)
            self._allowed(body, invoice, payment)
            self._only_one_tried(body)
        if body["status"] == "succeeded":
            self.captured[invoice_id] = self.captured.get(invoice_id, 0) + body["amount"]
            owed = invoice.totals.total - invoice.amount_credited - invoice.amount_written_off
            kept = self.captured[invoice_id] - self._given_back(account, invoice_id)
            if kept > owed:
                self._world.violate("I1", f"{invoice_id}: took {kept}")

    def _given_back(self, account: Account, invoice_id: str) -> int:
        """Refunded, or lost to the payer's bank: that much may be asked for again."""
        ours: dict[str, int] = {
            one["id"]: one["amount_refunded"]
            for one in account.charges.values()
            if one["metadata"].get("invoice_id") == invoice_id
        }
        lost = [one for one in account.disputes.values() if self._is_lost(one)]
        taken: list[int] = [one["amount"] for one in lost if one["charge"] in ours]
        return sum(ours.values()) + sum(taken)

    def _is_lost(self, dispute: dict[str, Any]) -> bool:
        """At Stripe, or as far as we can know: a verdict that has just turned round makes of what
        was paid meanwhile the customer's credit."""
        ours = self._world.store.heads.get((_BUSINESS, Subject.DISPUTE, dispute["id"]))
        return dispute["status"] == "lost" or (ours is not None and ours.status == "lost")

    def _count(self, body: dict[str, Any], payment: Any) -> None:
        """I2 and I9: each written try reaches the bank once, with the amount that was frozen."""
        step = (payment.id, len(payment.attempts))
        if step in self.hit_by:
            self._world.violate("I2", f"try {step} reached the bank twice")
        self.hits[body["id"]] = step
        self.hit_by[step] = body["id"]
        if not payment.attempts:
            self._world.violate("I2", f"{payment.id} was charged without a written try")
        if body["amount"] != payment.amount:
            self._world.violate("I9", f"{payment.id}: {body['amount']} is not {payment.amount}")

    def _allowed(self, body: dict[str, Any], invoice: Any, payment: Any) -> None:
        """I6: nothing is charged that is settled, withdrawn, written off or on hold."""
        if invoice.status.value in {"draft", "paid", "cancelled", "uncollectible"}:
            self._world.violate("I6", f"{invoice.id} was charged while {invoice.status.value}")
        if invoice.covered_by is not None:
            self._world.violate("I6", f"{invoice.id} was charged while another demand collects it")
        if payment.status.value in {"paid", "cancelled"}:
            self._world.violate("I6", f"{payment.id} was charged while {payment.status.value}")
        if body["amount"] > invoice.totals.total:
            self._world.violate("I1", f"{invoice.id}: {body['amount']} is more than it is for")

    def _invoice(self, business_id: str, invoice_id: str) -> Any:
        return self._world.store.heads[business_id, Subject.INVOICE, invoice_id]
