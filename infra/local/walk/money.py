"""Numbers one to six: money that comes in, goes back, or is argued about."""

from __future__ import annotations

from typing import Any

from infra.local.walk.desk import MASTERCARD, POOR, Desk, must


def take_a_payment(desk: Desk) -> None:
    """1: suggested, taken once, applied to the oldest first; what is left is credit; in words."""
    customer = desk.customer("One Taken", auto_charge=False)
    first = desk.invoice(customer, 5000, due_on=desk.day(10))
    second = desk.invoice(customer, 7000, due_on=desk.day(20))
    path = f"/v1/customers/{customer}/payments"
    must(desk.get(f"{path}/suggestion")["amount"], 12000, "suggested")
    key = f"walk-{desk.run}-taken"
    wish = {"amount": 15000, "description": "By phone"}
    taken = [desk.post(path, wish, 202, key=key) for _ in range(2)]
    must(taken[0]["id"], taken[1]["id"], "a second click")
    done = desk.until(f"/v1/payments/{taken[0]['id']}", lambda one: one["status"] == "succeeded")
    must(done["credited"], 3000, "what is left")
    for one in (first, second):
        desk.until_invoice(one["id"], "paid")
    poor = desk.customer("One Poor", card=POOR, auto_charge=False)
    desk.invoice(poor, 4000, due_on=desk.day(9))
    tried = desk.post(f"/v1/customers/{poor}/payments", {"amount": 4000}, 202)
    failed = desk.until(f"/v1/payments/{tried['id']}", lambda one: one["status"] != "processing")
    must((failed["status"], bool(failed["reason"] and failed["what_to_do"])), ("failed", True), "1")


def charge_the_saved_card(desk: Desk) -> None:
    """2: with one call; chargeability says in words why not."""
    customer = desk.customer("Two Charged", auto_charge=False)
    invoice = desk.invoice(customer, 8900, due_on=desk.day(5))["id"]
    must(desk.get(f"/v1/invoices/{invoice}/chargeability")["chargeable"], True, "chargeable")
    desk.post(f"/v1/invoices/{invoice}/charge", {}, 202)
    desk.until_invoice(invoice, "paid")
    why = desk.get(f"/v1/invoices/{invoice}/chargeability")
    must((why["chargeable"], why["reasons"][0]["code"]), (False, "settled"), "paid already")
    without = desk.customer("Two Cardless", card=None)
    open_one = desk.invoice(without, 100, due_on=desk.day(5))["id"]
    codes = [one["code"] for one in desk.get(f"/v1/invoices/{open_one}/chargeability")["reasons"]]
    must("no_payment_method" in codes, True, "no card")


def external_payments(desk: Desk) -> None:
    """3: a cheque for more than is owed; the same reference twice; one that bounces."""
    customer = desk.customer("Three Cheques", card=None)
    invoice = desk.invoice(customer, 9000, due_on=desk.day(5))["id"]
    path = f"/v1/customers/{customer}/external-payments"
    cheque = {
        "method": "check",
        "amount": 10000,
        "received_on": desk.day(0),
        "reference": f"C{desk.run}",
    }
    kept = desk.post(path, cheque, 201)
    desk.until_invoice(invoice, "paid")
    must(desk.get(f"/v1/customers/{customer}/credit")["credit"], 1000, "too much is credit")
    refused = desk.post(path, cheque | {"amount": 1}, 409)
    must(kept["id"] in str(refused), True, "the first one is shown")
    bounced = {"reversed_on": desk.day(0), "reason": "Not covered."}
    desk.post(f"{path}/{kept['id']}/reverse", bounced)
    must(desk.get(f"/v1/invoices/{invoice}")["amount_remaining"], 9000, "owed again")


def partial_payments_and_plans(desk: Desk) -> None:
    """4: a part now; the rest in instalments: a part of one in cash, all of it early."""
    customer = desk.customer("Four Parts", auto_charge=False)
    invoice = desk.invoice(customer, 12000, due_on=desk.day(3))["id"]
    desk.post(f"/v1/invoices/{invoice}/charge", {"amount": 3000}, 202)
    desk.until(f"/v1/invoices/{invoice}", lambda one: one["amount_remaining"] == 9000)
    wish = {
        "customer_id": customer,
        "equal": {"count": 3, "first_on": desk.day(2), "rhythm": "weekly"},
    }
    shown = desk.post("/v1/payment-plans/preview", wish)
    must(sum(one["amount"] for one in shown["instalments"]), 9000, "previewed")
    plan = desk.post("/v1/payment-plans", wish, 201)["id"]
    cash = {"method": "cash", "amount": 1000, "received_on": desk.day(0)}
    desk.post(f"/v1/payment-plans/{plan}/external-payments", cash, 201)
    must(desk.get(f"/v1/payment-plans/{plan}")["amount_remaining"], 8000, "a part in cash")
    desk.post(f"/v1/payment-plans/{plan}/pay", {"everything": True}, 202)
    desk.until_invoice(invoice, "paid")


def refunds_credits_and_corrections(desk: Desk) -> None:
    """5: a part refunded, a credit note, a write-off, one cancelled and one made anew."""
    customer = desk.customer("Five Returns")
    paid = desk.paid_invoice(customer)
    refund = {"payment_id": paid["payments"][0]["id"], "amount": 2500, "reason": "A week lost."}
    asked = desk.post(f"/v1/invoices/{paid['id']}/refunds", refund, 202)
    desk.until(
        f"/v1/invoices/{paid['id']}/refunds/{asked['id']}", lambda one: one["status"] == "succeeded"
    )
    later = {"due_on": desk.day(30), "auto_charge": False}
    credited = desk.invoice(customer, 6000, **later)["id"]
    note = {"reason": "An hour too many.", "amount": 1000}
    made = desk.post(f"/v1/invoices/{credited}/credit-notes", note, 201)
    desk.until_pdf(f"/v1/invoices/{credited}/credit-notes/{made['id']}/pdf")
    must(desk.get(f"/v1/invoices/{credited}")["amount_remaining"], 5000, "credited")
    given_up = desk.invoice(customer, 700, **later)["id"]
    desk.post(f"/v1/invoices/{given_up}/write-off", {"reason": "Insolvent."})
    must(desk.get(f"/v1/invoices/{given_up}")["status"], "uncollectible", "written off")
    wrong = desk.invoice(customer, 800, **later)["id"]
    desk.post(f"/v1/invoices/{wrong}/cancel", {"reason": "Twice."})
    anew = desk.invoice(customer, 900, **later)["id"]
    better = desk.post(
        f"/v1/invoices/{anew}/reissue", {"reason": "No order number.", "po_number": "PO-1"}, 201
    )
    must((better["po_number"], better["replaces"]), ("PO-1", anew), "made anew")


def disputes(desk: Desk) -> None:
    """6: one won by evidence, one accepted, charged by hand and won on appeal; a bank's warning."""
    customer = desk.customer("Six Argued")
    won, lost = (_disputed(desk, customer) for _ in range(2))
    listed = desk.get("/v1/disputes?stage=needs_answer")["data"]
    must({won["id"], lost["id"]} <= {one["id"] for one in listed}, True, "on the board")
    sections = desk.get(f"/v1/disputes/{won['id']}/evidence")["sections"]
    must(len(sections) >= 3, True, "evidence from our facts")
    desk.post(f"/v1/disputes/{won['id']}/submit", {"text": "winning_evidence"}, 202)
    desk.until(f"/v1/disputes/{won['id']}", lambda one: one["answer"] == "submitted")
    desk.until_pdf(f"/v1/disputes/{won['id']}/packet")
    desk.until(f"/v1/disputes/{won['id']}", lambda one: one["won"] is True)
    desk.post(f"/v1/disputes/{lost['id']}/accept", {"reason": "They are right."}, 202)
    desk.until(f"/v1/disputes/{lost['id']}", lambda one: one["won"] is False)
    desk.save_card(customer, MASTERCARD)
    owed = desk.get(f"/v1/invoices/{lost['invoice_id']}")
    must((owed["amount_remaining"], owed["hold"]["kind"]), (8900, "dispute_lost"), "owed again")
    desk.post(f"/v1/invoices/{lost['invoice_id']}/charge", {}, 202)
    desk.until_invoice(lost["invoice_id"], "paid")
    desk.stripe.do("dispute", dispute=lost["id"], won=True, account=desk.account)
    desk.until(f"/v1/disputes/{lost['id']}", lambda one: one["won"] is True)
    desk.until(f"/v1/customers/{customer}/credit", lambda one: one["credit"] == 8900)
    _warned_of(desk, desk.customer("Six Warned"))


def _warned_of(desk: Desk, customer: str) -> None:
    """A card's bank warns of fraud: the next invoice waits until staff release the card."""
    charge = desk.paid_invoice(customer)["payments"][0]["charge_id"]
    made = desk.stripe.do("fraud_warning", charge=charge, account=desk.account)
    listed = desk.until(
        "/v1/fraud-warnings?stage=actionable&limit=100",
        lambda page: made["id"] in {one["id"] for one in page["data"]},
    )
    warning = next(one for one in listed["data"] if one["id"] == made["id"])
    must(desk.get(f"/v1/invoices/{warning['invoice_id']}")["hold"]["kind"], "fraud_warning", "hold")
    waits = desk.invoice(customer)["id"]
    reasons = desk.get(f"/v1/invoices/{waits}/chargeability")["reasons"]
    must([one["code"] for one in reasons], ["fraud_warning"], "the card is not charged")
    released = {"reason": "They called: the card is theirs."}
    freed = desk.post(f"/v1/fraud-warnings/{warning['id']}/release", released)
    must(freed["stage"], "released", "released")
    desk.until_invoice(waits, "paid")


def _disputed(desk: Desk, customer: str) -> Any:
    charge = desk.paid_invoice(customer)["payments"][0]["charge_id"]
    opened = desk.stripe.do("dispute", charge=charge, account=desk.account)
    known = desk.until(
        "/v1/disputes?limit=100",
        lambda page: opened["id"] in {one["id"] for one in page["data"]},
    )
    return next(one for one in known["data"] if one["id"] == opened["id"])


NUMBERS = {
    "1 take a payment": take_a_payment,
    "2 charge the saved card": charge_the_saved_card,
    "3 external payments": external_payments,
    "4 partial payments and plans": partial_payments_and_plans,
    "5 refunds, credit notes, write-off, corrections": refunds_credits_and_corrections,
    "6 disputes": disputes,
}
