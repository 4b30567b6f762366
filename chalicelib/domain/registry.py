"""Which dataclass a stored fact's data is, by subject and kind. A new fact is one line here."""

from __future__ import annotations

from chalicelib.domain import desk, group_facts, import_facts, payment_plan_facts, team_facts
from chalicelib.domain import invoice_facts as i
from chalicelib.domain import party_facts as p
from chalicelib.domain.business import Business
from chalicelib.domain.customer import Customer
from chalicelib.domain.desk import account, disputes, fraud_warnings, warned
from chalicelib.domain.dispute import Dispute
from chalicelib.domain.facts import Subject
from chalicelib.domain.fraud_warning import FraudWarning
from chalicelib.domain.group import Group
from chalicelib.domain.import_run import ImportRun
from chalicelib.domain.invoice import Invoice
from chalicelib.domain.payment_plan import PaymentPlan
from chalicelib.domain.subscription import Subscription
from chalicelib.domain.team import Team

HEADS: dict[Subject, type] = {
    Subject.INVOICE: Invoice,
    Subject.CUSTOMER: Customer,
    Subject.SUBSCRIPTION: Subscription,
    Subject.BUSINESS: Business,
    Subject.GROUP: Group,
    Subject.IMPORT: ImportRun,
    Subject.TEAM: Team,
    Subject.DISPUTE: Dispute,
    Subject.PLAN: PaymentPlan,
    Subject.FRAUD_WARNING: FraudWarning,
}

_PAYLOADS: dict[Subject, tuple[type, ...]] = {
    Subject.INVOICE: (
        i.InvoiceCreated, i.InvoiceFinalized, i.InvoiceIssued, i.ChargeRequested,
        i.RequestRefused, i.PaymentOpened, i.PaymentAdopted,
        i.AttemptStarted, i.ResultUnknown, i.ChargeProcessing, i.ActionRequired, i.ChargeSucceeded,
        i.ChargeFailed, i.AttemptNotExecuted, i.PaymentCancelled, i.FeePosted, i.SlotSkipped,
        i.Replanned, i.Reminded, i.WentOverdue, i.InvoiceCancelled, i.DisputeOpened,
        i.DisputeFundsMoved, i.DisputeClosed, i.DisputeRegained, i.HoldPlaced, i.HoldLifted,
        *desk.PAYLOADS,
    ),
    Subject.CUSTOMER: (
        p.CustomerCreated, p.CustomerChanged, p.StripeCustomerLinked, p.MethodSaved,
        p.MethodRemoved, p.DefaultMethodChosen, p.MethodJudged, p.ExpiryNoticed,
        p.CreditMoved, p.CustomerNoted, p.GroupJoined, p.PaymentTaken, *account.PAYLOADS,
        *warned.OF_CUSTOMER,
    ),
    Subject.SUBSCRIPTION: (
        p.SubscriptionCreated, p.PeriodBilled, p.SubscriptionPaused, p.SubscriptionResumed,
        p.SubscriptionCancelled, p.BillingMoved,
    ),
    Subject.BUSINESS: (
        p.BusinessCreated, p.BusinessChanged, p.AccountRequested, p.ApplicationFeeEarned,
        p.ApplicationFeeReturned, p.PolicySaved, p.DefaultPolicyChosen,
        p.ChargingHeld, p.ChargingReleased, p.PayoutPaid, p.PayoutFailed,
    ),
    Subject.TEAM: team_facts.PAYLOADS,
    Subject.DISPUTE: disputes.PAYLOADS,
    Subject.PLAN: payment_plan_facts.PAYLOADS,
    Subject.FRAUD_WARNING: fraud_warnings.PAYLOADS,
    Subject.GROUP: group_facts.PAYLOADS,
    Subject.IMPORT: import_facts.PAYLOADS,
}  # fmt: skip

PAYLOADS: dict[tuple[Subject, str], type] = {
    (subject, payload.kind): payload  # type: ignore[attr-defined]
    for subject, payloads in _PAYLOADS.items()
    for payload in payloads
}
