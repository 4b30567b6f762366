"""Where the gateway contract is played: a gateway, and the fake Stripe it talks to.

The fake gives the doors of payers and banks, and planned faults. `repeats` says how often the
calls under test repeat themselves, so that a fault can be planned to outlast them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count

from chalicelib.domain.customer import MethodKind
from chalicelib.ports.gateway import Gateway
from chalicelib.ports.stripe_objects import ConfirmAnswer, Confirmed, NewIntent, SetupSeen
from infra.local.fake_stripe import FakeStripe

START = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
BUSINESS = "biz_1"
VISA = "4242424242424242"
MASTERCARD = "5555555555554444"
BANK = "000123456789"
PAYER_RETURNS_TO = "https://pay.example/back"


@dataclass
class Payer:
    """A customer with one saved method."""

    stripe_id: str
    method_id: str
    mandate_id: str | None
    session_id: str


@dataclass
class Stage:
    """A gateway and the world behind it."""

    gateway: Gateway
    core: FakeStripe
    repeats: int = 0  # how often a call repeats a lost or broken answer by itself
    account: str | None = None
    _numbers: count[int] = field(default_factory=lambda: count(1))

    @property
    def now(self) -> datetime:
        return datetime.fromtimestamp(self.core.state.now, UTC)

    def advance(self, **by: int) -> None:
        self.core.advance(int(timedelta(**by).total_seconds()))

    def customer(self) -> str:
        number = next(self._numbers)
        return self.gateway.create_customer(
            self.account,
            business_id=BUSINESS,
            customer_id=f"cus_{number}",
            name="Ada Lovelace",
            email="ada@example.com",
            key=f"customer/{BUSINESS}/cus_{number}",
        )

    def open_page(
        self,
        customer: str,
        demand_id: str = "",
        method_kinds: tuple[MethodKind, ...] = tuple(MethodKind),
    ) -> str:
        number = next(self._numbers)
        page = self.gateway.create_setup_page(
            self.account,
            customer=customer,
            business_id=BUSINESS,
            customer_id="cus_ours",
            currency="USD",
            success_url="https://pay.example/saved",
            cancel_url="https://pay.example/cards",
            key=f"setup/{BUSINESS}/req_{number}",
            method_kinds=method_kinds,
            demand_id=demand_id,
        )
        assert page.url.startswith("http")
        return page.id

    def seen_setup(self, session_id: str) -> SetupSeen:
        return self.gateway.read_setup(self.account, session_id)

    def payer(self, number: str = VISA, *, kind: str = "card") -> Payer:
        customer = self.customer()
        session = self.open_page(customer)
        self.core.complete_checkout(session, number, kind=kind, account=self.account)
        setup = self.seen_setup(session)
        assert setup.method_id is not None
        return Payer(customer, setup.method_id, setup.mandate_id, session)

    def intent(self, payer: Payer, amount: int = 8900, currency: str = "USD") -> str:
        number = next(self._numbers)
        wanted = NewIntent(
            business_id=BUSINESS,
            invoice_id=f"inv_{number}",
            payment_id=f"pay_{number}",
            customer=payer.stripe_id,
            amount=amount,
            currency=currency,
            description=f"Invoice {number}",
        )
        return self.gateway.create_intent(self.account, wanted, key=f"pi/{BUSINESS}/pay_{number}")

    def confirm(
        self, intent_id: str, payer: Payer, number: int = 1, *, off_session: bool = True
    ) -> Confirmed:
        return self.gateway.confirm_intent(
            self.account,
            intent_id,
            method_id=payer.method_id,
            mandate_id=payer.mandate_id,
            off_session=off_session,
            return_url=None if off_session else PAYER_RETURNS_TO,
            key=f"confirm/{BUSINESS}/{intent_id}/{number}",
        )

    def paid(self, amount: int = 8900) -> tuple[str, str]:
        """A succeeded intent and its charge."""
        payer = self.payer()
        intent_id = self.intent(payer, amount)
        assert self.confirm(intent_id, payer).answer is ConfirmAnswer.ACCEPTED
        charge = self.gateway.read_intent(self.account, intent_id).latest_charge
        assert charge is not None
        return intent_id, charge.id

    def fail(self, kind: str, operation: str) -> None:
        """Let the next call fail for good, however often it repeats itself."""
        self.core.faults.plan(kind, operation, 1 + self.repeats)

    def lose_answer(self, operation: str) -> None:
        """The next call does its work, and nobody ever hears of it."""
        self.core.faults.plan("drop_after", operation)
        if self.repeats:
            self.core.faults.plan("drop_before", operation, self.repeats)

    def charges(self, intent_id: str) -> list[str]:
        """From the fake's own shelves, not through the gateway."""
        shelf = self.core.account(self.account).charges.values()
        return [row["status"] for row in shelf if row["payment_intent"] == intent_id]
