"""Every key of the one table: how it is built, how it is read, and whose row it is.

A business's rows begin with its id and `#`; rows of no one business begin with `@`. No id may hold
a `#`, so one business's prefix is never the beginning of another's.
"""

from __future__ import annotations

from datetime import date
from zlib import crc32

from chalicelib.domain.customer import Customer
from chalicelib.domain.dates import iso
from chalicelib.domain.dispute import Dispute, DisputeStage
from chalicelib.domain.due import DueKind
from chalicelib.domain.errors import BrokenRecord, InvalidInput, NotFound
from chalicelib.domain.facts import Subject
from chalicelib.domain.fraud_warning import FraudWarning, WarningStage
from chalicelib.domain.group import Group
from chalicelib.domain.import_run import ImportRun
from chalicelib.domain.invoice import Invoice, InvoiceStatus
from chalicelib.domain.payment_plan import PaymentPlan
from chalicelib.domain.subscription import Subscription, SubscriptionStatus
from chalicelib.ports.rows import Aggregate, FactRef, PortalOpening, Series

Key = tuple[str, str]

HEAD = "HEAD"
FACT = "F#"
LONGEST_SORT_BYTES = 1024  # DynamoDB's limit for a sort key
NAME_LETTERS = 64  # of a customer's name that take part in the order of the list

DRAFT, OPEN, CLOSED = "D", "O", "C"  # first letter of an index's sort key
GROUPS = (DRAFT, OPEN, CLOSED)
STAGES: dict[DisputeStage | WarningStage, str] = {
    DisputeStage.NEEDS_ANSWER: OPEN,
    DisputeStage.UNDER_REVIEW: "R",
    DisputeStage.CLOSED: CLOSED,
    WarningStage.ACTIONABLE: OPEN,
    WarningStage.BLOCKED: "R",
    WarningStage.RELEASED: CLOSED,
}


def whole(text: str) -> str:
    """An id as part of a key. One that could pass for two parts was never given to anything."""
    if not text or "#" in text or text.startswith("@"):
        raise NotFound("not_found", "There is no such id.")
    return text


def fitting(sort: str) -> str:
    """A sort key made of what somebody typed; raises InvalidInput when it is too long for one."""
    if len(sort.encode()) > LONGEST_SORT_BYTES:
        raise InvalidInput("reference_too_long", "A reference has at most 1000 characters.")
    return sort


def prefix_of(business_id: str) -> str:
    return f"{whole(business_id)}#"


def check_tenant(business_id: str, pk: str) -> None:
    """The wall between businesses. Raises BrokenRecord for a row that is not this business's."""
    if not pk.startswith(prefix_of(business_id)):
        raise BrokenRecord(f"{business_id} was about to touch a row of {pk.split('#', 1)[0]}")


# --- Rows ----------------------------------------------------------------------------------------


def collection(business_id: str, subject: Subject, subject_id: str) -> str:
    """The partition of a head and its facts."""
    return f"{prefix_of(business_id)}{subject.value.upper()}#{whole(subject_id)}"


def fact_sort(key: str) -> str:
    return fitting(f"{FACT}{key}")


def fact_key(ref: FactRef) -> Key:
    return collection(ref.business_id, ref.subject, ref.subject_id), fact_sort(ref.key)


def numbers(business_id: str, series: Series = Series.INVOICE) -> Key:
    return f"{prefix_of(business_id)}NUMBERS", series.value.upper()


def tries(business_id: str, fingerprint: str, amount: int, currency: str) -> str:
    return f"{prefix_of(business_id)}TRIES#{fingerprint}#{amount}#{currency}"


def one_try(attempt_key: str) -> str:
    return f"T#{attempt_key}"


def claim(business_id: str, kind: str, value: str) -> Key:
    return f"{prefix_of(business_id)}CLAIM#{kind}", fitting(f"V#{value}")


def request(business_id: str, key: str) -> Key:
    return f"{prefix_of(business_id)}REQUEST#{key}", "REQUEST"


def watermark(business_id: str, name: str) -> Key:
    return f"{prefix_of(business_id)}WATERMARK", f"W#{name}"


def account(stripe_account: str) -> Key:
    return f"@ACCOUNT#{stripe_account}", "ACCOUNT"


def portal_link(token_hash: str) -> Key:
    return f"@LINK#{token_hash}", "LINK"


def openings(business_id: str, customer_id: str) -> str:
    return f"{prefix_of(business_id)}OPENED#{whole(customer_id)}"


def one_opening(opening: PortalOpening) -> str:
    """The first of a day and kind is the one that stays."""
    return f"O#{opening.at.date().isoformat()}#{opening.action}#{opening.invoice_id or '-'}"


def test_clock(clock_id: str) -> Key:
    return f"@CLOCK#{clock_id}", "CLOCK"


def user(user_id: str) -> str:
    return f"@USER#{user_id}"


def membership(user_id: str, business_id: str) -> Key:
    return user(user_id), f"B#{whole(business_id)}"


# --- Indexes -------------------------------------------------------------------------------------


def due_shard(kind: DueKind, shard: int | None, clock_id: str | None) -> str:
    """A test clock has a partition of its own: its time is not everybody's."""
    place = f"clock#{clock_id}" if clock_id is not None else str(shard)
    return f"{kind.value}#{place}"


def shard_of(business_id: str, subject_id: str, shards: int) -> int:
    """Stable for ever: a subject's due rows stay in one partition."""
    return crc32(f"{business_id}/{subject_id}".encode()) % shards


def list_key(business_id: str, subject: Subject) -> str:
    """The partition of a list of the `kind` index. Businesses are listed together."""
    if subject is Subject.BUSINESS:
        return "@BUSINESS"
    return f"{prefix_of(business_id)}{subject.value.upper()}"


def owner_key(business_id: str, customer_id: str, subject: Subject) -> str:
    """The partition of a customer's invoices, or subscriptions, in the `owner` index."""
    return f"{prefix_of(business_id)}CUSTOMER#{whole(customer_id)}#{subject.value.upper()}"


def group_of(head: Aggregate) -> str:
    """Drafts, what is alive, and what is over are neighbours, so each can be listed by itself."""
    if isinstance(head, Invoice):
        if head.status is InvoiceStatus.DRAFT:
            return DRAFT
        return OPEN if head.is_open else CLOSED
    if isinstance(head, Subscription):
        over = {SubscriptionStatus.CANCELLED, SubscriptionStatus.ENDED}
        return CLOSED if head.status in over else OPEN
    if isinstance(head, Dispute | FraudWarning):
        return STAGES[head.stage]
    return OPEN


def list_place(head: Aggregate) -> str:
    """Where a head stands in its list, within its group."""
    if isinstance(head, Invoice):
        return f"{iso(head.created_at)}#{head.id}"
    if isinstance(head, Subscription):
        return f"{head.start_on.isoformat()}#{head.id}"
    if isinstance(head, Dispute):
        return f"{iso(head.due_by or head.opened_at)}#{head.id}"
    if isinstance(head, FraudWarning):
        return f"{iso(head.warned_at)}#{head.id}"
    if isinstance(head, ImportRun | PaymentPlan):
        return f"{iso(head.created_at)}#{head.id}"
    if isinstance(head, Customer | Group):
        return f"{head.name.casefold()[:NAME_LETTERS]}\x1f{head.id}"  # below any letter
    return head.id


def owner_place(head: Invoice | Subscription | PaymentPlan) -> str:
    """Where a head stands among its customer's, within its group; what has no due date is last."""
    if isinstance(head, Subscription | PaymentPlan):
        return list_place(head)
    return f"{(head.due_on or date.max).isoformat()}#{head.id}"


def in_group(group: str, place: str) -> str:
    return f"{group}#{place}"


def group_end(group: str) -> str:
    """Above every sort key of the group: `$` follows `#`."""
    return f"{group}$"


def index_keys(head: Aggregate, business_id: str, subject: Subject) -> dict[str, str]:
    """The attributes that put a head into the lists."""
    group = group_of(head)
    keys = {
        "kind_key": list_key(business_id, subject),
        "kind_sort": in_group(group, list_place(head)),
    }
    if isinstance(head, Invoice | Subscription | PaymentPlan):
        keys["owner_key"] = owner_key(business_id, head.customer_id, subject)
        keys["owner_sort"] = in_group(group, owner_place(head))
    return keys


# --- Reading keys --------------------------------------------------------------------------------


def subject_of(pk: str) -> tuple[str, Subject, str]:
    """Business, subject and id of an item collection. Raises BrokenRecord for any other key."""
    parts = pk.split("#")
    try:
        business_id, subject, subject_id = parts
        return business_id, Subject(subject.lower()), subject_id
    except ValueError as error:
        raise BrokenRecord(f"{pk!r} is no subject's key") from error


def fact_ref(pk: str, sk: str) -> FactRef | None:
    """Which fact a row is, None when it is none: what the stream's worker asks of each record."""
    if not sk.startswith(FACT) or pk.startswith("@"):
        return None
    return FactRef(*subject_of(pk), key=sk.removeprefix(FACT))
