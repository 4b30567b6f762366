"""Stripe's hosted pages: Checkout, 3-D Secure, Connect onboarding, a receipt, a dashboard.

Each takes the core and the form a browser sent and answers with a page or a redirect, as Stripe's
own would.
"""

from collections.abc import Callable, Mapping
from typing import Final, NamedTuple
from urllib.parse import urlsplit

from infra.local.fake_stripe.banks import BANKS
from infra.local.fake_stripe.checkout import success_url
from infra.local.fake_stripe.core import FakeStripe
from infra.local.fake_stripe.dashboard import dashboard
from infra.local.fake_stripe.errors import ApiError, Body
from infra.local.fake_stripe.html import amount, document, text
from infra.local.fake_stripe.state import Account

Form = Mapping[str, str]


class Answer(NamedTuple):
    """A page, or a redirect when `location` is set."""

    status: int
    body: str = ""
    location: str | None = None


class PageError(Exception):
    """What the visitor is told instead of a page."""

    def __init__(self, status: int, words: str) -> None:
        super().__init__(words)
        self.status = status


def _redirect(url: str) -> Answer:
    if urlsplit(url).scheme not in ("http", "https"):
        raise PageError(500, "There is nowhere to return to.")
    return Answer(303, location=url)


def _account(core: FakeStripe, account_id: str) -> Account:
    account = core.state.accounts.get(account_id)
    if account is None or account.deauthorized:
        raise PageError(404, "There is no such page.")
    return account


_HINTS: Final = (
    ("4242 4242 4242 4242", "Visa, pays"),
    ("5555 5555 5555 4444", "Mastercard, pays"),
    ("4000 0000 0000 0341", "is saved, then declines"),
    ("4000 0025 0000 3155", "asks to authenticate once"),
    ("4000 0027 6000 3184", "asks to authenticate always"),
    ("4000 0000 0000 9995", "declines: insufficient funds"),
)


def _checkout_form(session: Body, reason: str) -> str:
    hints = "".join(f"<li><code>{number}</code> {words}</li>" for number, words in _HINTS)
    error = f'<p class="error" role="alert">{text(reason)}</p>' if reason else ""
    back = session["cancel_url"]
    cancel = f'<p><a href="{text(back)}">Back</a></p>' if back else ""
    card = (
        '<form method="post"><input type="hidden" name="kind" value="card">'
        '<label for="number">Card number</label><input id="number" name="number" required '
        'inputmode="numeric" autocomplete="cc-number" placeholder="1234 1234 1234 1234">'
        '<div class="pair"><div><label for="expiry">Expiry</label><input id="expiry" name="expiry" '
        'required inputmode="numeric" autocomplete="cc-exp" placeholder="MM / YY"></div>'
        '<div><label for="cvc">Security code</label><input id="cvc" name="cvc" required '
        'inputmode="numeric" autocomplete="cc-csc" placeholder="CVC"></div></div>'
        '<label for="name">Name on card</label><input id="name" name="name" '
        'autocomplete="cc-name"><button>Save card</button></form>'
    )
    parts = [card] if "card" in session["payment_method_types"] else []
    if "us_bank_account" in session["payment_method_types"]:
        options = "".join(
            f'<option value="{number}">{number} ({text(_bank_words(number))})</option>'
            for number in BANKS
        )
        parts.append(
            "<details><summary>US bank account</summary><form method=post>"
            '<input type="hidden" name="kind" value="us_bank_account">'
            '<label for="account_number">Account at Stripe Test Bank</label>'
            f'<select id="account_number" name="number">{options}</select>'
            '<label for="holder">Account holder</label><input id="holder" name="name" required>'
            '<p class="quiet">By saving you permit debits of this account as agreed with the '
            "business.</p><button>Save bank account</button></form></details>"
        )
    body = "</section><section>".join(parts)
    return document(
        "Save a payment method",
        f"<h1>Save a payment method</h1>{error}<section>{body}</section>"
        f"<details><summary>Test cards</summary><ul>{hints}</ul></details>{cancel}",
    )


def _bank_words(number: str) -> str:
    bank = BANKS[number]
    if bank.dispute:
        return "pays, is disputed"
    return {"ok": "pays", "never": "stays in processing"}.get(
        bank.debit, "fails: " + bank.debit.replace("_", " ")
    )


def _expiry(given: str) -> tuple[int, int]:
    month, _, year = given.replace(" ", "").partition("/")
    if not (month.isdigit() and year.isdigit() and 1 <= int(month) <= 12):
        raise PageError(400, "Your card's expiration date is incomplete.")
    return int(month), int(year) + (2000 if len(year) == 2 else 0)


def _checkout(core: FakeStripe, ids: list[str], form: Form | None) -> Answer:
    account = _account(core, ids[0])
    session = account.sessions.get(ids[1])
    if session is None:
        raise PageError(404, "There is no such page.")
    if session["status"] == "complete":
        return _redirect(success_url(session))
    if session["status"] == "expired":
        raise PageError(410, "This page has expired. Ask for a new link.")
    if form is None:
        failed = account.setup_intents[session["setup_intent"]]["last_setup_error"]
        return Answer(200, _checkout_form(session, failed["message"] if failed else ""))
    try:
        return _submitted(core, account, session, form)
    except ApiError as declined:
        return Answer(402, _checkout_form(session, declined.error["message"]))
    except PageError as wrong:
        return Answer(400, _checkout_form(session, str(wrong)))


def _submitted(core: FakeStripe, account: Account, session: Body, form: Form) -> Answer:
    kind = form.get("kind", "card")
    month, year = _expiry(form.get("expiry", "")) if kind == "card" else (12, 2034)
    intent = core.complete_checkout(
        session["id"],
        form.get("number", "").replace(" ", "").replace("-", ""),
        kind=kind,
        account=account.id,
        exp_month=month,
        exp_year=year,
        billing_details={"name": form["name"]} if form.get("name") else None,
    )
    if intent["status"] == "requires_action":
        return _redirect(intent["next_action"]["redirect_to_url"]["url"])
    return _redirect(success_url(session))


def _three_d_secure(core: FakeStripe, ids: list[str], form: Form | None) -> Answer:
    account = _account(core, ids[0])
    action = account.actions.get(ids[1])
    if action is None or action.token != ids[2]:
        raise PageError(410, "This step is over. Go back to where you came from.")
    if form is not None:
        passed = form.get("answer") == "complete"
        back = core.authenticate(ids[1], passed=passed, account=account.id)
        if back:
            return _redirect(back)
        return Answer(200, document("Done", "<h1>Done</h1><p>You may close this page.</p>"))
    intent = account.payment_intents.get(ids[1])
    what = amount(intent["amount"], intent["currency"]) if intent else "saving your card"
    return Answer(
        200,
        document(
            "Your bank asks",
            f"<section><h1>Your bank asks you to confirm</h1><p>3-D Secure test page for "
            f"<strong>{text(what)}</strong>.</p><form method=post>"
            '<button name="answer" value="complete">Complete authentication</button>'
            '<button class="plain" name="answer" value="fail">Fail authentication</button>'
            "</form></section>",
        ),
    )


def _onboarding(core: FakeStripe, ids: list[str], form: Form | None) -> Answer:
    account = _account(core, ids[0])
    link = core.state.account_links.get(ids[1])
    if link is None or link.account != account.id:
        raise PageError(404, "There is no such page.")
    if link.used or core.state.now > link.expires_at:
        return _redirect(link.refresh_url)
    if form is not None:
        link.used = True
        core.finish_onboarding(account.id)
        return _redirect(link.return_url)
    return Answer(
        200,
        document(
            "Set up payments",
            "<section><h1>Set up payments</h1><p>A real seller would tell Stripe here who they "
            f"are and where to pay out. Account <code>{text(account.id)}</code>.</p>"
            "<form method=post><button>Finish</button></form>"
            f'<p><a href="{text(link.return_url)}">Return without finishing</a></p></section>',
        ),
    )


def _receipt(core: FakeStripe, ids: list[str], form: Form | None) -> Answer:
    del form
    for account in core.state.accounts.values():
        charge = account.charges.get(ids[0])
        if charge is not None and charge["paid"]:
            paid = amount(charge["amount"], charge["currency"])
            words = f"<h1>Receipt</h1><section><p>{text(paid)}</p>"
            more = f"<p class=quiet>{text(charge['id'])}</p></section>"
            return Answer(200, document("Receipt", words + more))
    raise PageError(404, "There is no such receipt.")


def _dashboard(core: FakeStripe, ids: list[str], form: Form | None) -> Answer:
    del ids, form
    return Answer(200, dashboard(core))


_PAGES: Final[dict[tuple[str, ...], tuple[int, Callable[..., Answer]]]] = {
    (): (0, _dashboard),
    ("c", "pay"): (2, _checkout),
    ("3ds",): (3, _three_d_secure),
    ("connect", "onboarding"): (2, _onboarding),
    ("receipts",): (1, _receipt),
}


def answer(core: FakeStripe, path: str, form: Form | None) -> Answer:
    """The page at a path; `form` is what was posted, or None for a look."""
    steps = tuple(step for step in path.split("/") if step)
    for words, (count, page) in _PAGES.items():
        if steps[: len(words)] == words and len(steps) == len(words) + count:
            try:
                with core.lock:
                    core.run_due()
                    return page(core, list(steps[len(words) :]), form)
            except PageError as wrong:
                body = f"<section><h1>{text(wrong)}</h1></section>"
                return Answer(wrong.status, document(str(wrong), body))
    body = "<section><h1>There is no such page.</h1></section>"
    return Answer(404, document("Not found", body))
