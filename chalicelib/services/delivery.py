"""Delivering what facts owe: claim a fact's effects, do each, note its outcome.

Called by the table's stream and by the sweep, at least once. Only the holder of the claim delivers;
what fails stays open and is due again. A mail whose cause is gone is not sent ("void").
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

from chalicelib.domain import keys
from chalicelib.domain.business import Business
from chalicelib.domain.canonical import plain
from chalicelib.domain.customer import Customer
from chalicelib.domain.dates import next_allowed
from chalicelib.domain.errors import DomainError
from chalicelib.domain.facts import Effect, EffectKind, Fact, Subject
from chalicelib.messages import (
    Attachment,
    Mailbox,
    UnsafeHeaderError,
    compose,
    compose_sms,
    to_mime,
)
from chalicelib.ports import Ports
from chalicelib.ports.answers import Unanswered
from chalicelib.ports.outside import QueueName
from chalicelib.ports.rows import FactRef
from chalicelib.services import notices, papers
from chalicelib.services.case import now_of, policy_of
from chalicelib.services.matter import Matter, open_matter

LEASE = timedelta(seconds=120)
RETRY = timedelta(minutes=5)
# A job that no worker has done by then is handed over again; then after twice as long, and so on.
WORK_AGAIN = timedelta(minutes=10)
LONGEST_WAIT = timedelta(hours=1)
VOID = "void"
# Which PDF goes with which mail.
_ATTACHED = {"invoice_sent": "invoice", "receipt": "receipt", "credit_note_sent": "credit_note"}


@dataclass(frozen=True, slots=True)
class Later:
    """Not now: text messages keep quiet hours, and a job is done by its worker."""

    at: datetime


def deliver(ports: Ports, ref: FactRef, *, holder: str) -> int:
    """Deliver the open effects of one fact; how many were done. 0: nothing open, or not ours."""
    now = ports.clock.now()
    claimed = ports.store.claim(ref, holder=holder, now=now, lease_until=now + LEASE)
    if claimed is None:
        return 0
    business = ports.store.business(ref.business_id)
    matter = open_matter(ports, business, claimed.fact)
    done: dict[str, str] = {}
    later: list[datetime] = []
    for effect in claimed.fact.effects:
        if effect.id in claimed.open:
            _try(ports, matter, effect, done, later)
    retry_at = min(later) if later else None
    ports.store.finish(ref, holder=holder, done=done, retry_at=retry_at)
    return len(done)


def deliver_from_stream(ports: Ports, ref: FactRef, *, clock_id: str | None, holder: str) -> int:
    """A fact was written. While its test clock advances, that run delivers it, at its time.

    Here it would be delivered beside the run, or after the clock has moved on.
    """
    if clock_id is not None and ports.store.test_clock(clock_id).advancing:
        return 0
    return deliver(ports, ref, holder=holder)


def _try(
    ports: Ports, matter: Matter, effect: Effect, done: dict[str, str], later: list[datetime]
) -> None:
    try:
        outcome = _do(ports, matter, effect)
    except Unanswered:
        later.append(now_of(ports, matter.business) + RETRY)
        return
    except (UnsafeHeaderError, DomainError) as error:
        # Trying again cannot help: it is noted with the fact, where staff see it.
        code = error.code if isinstance(error, DomainError) else "unsafe_header"
        done[effect.id] = f"failed: {code}"
        return
    if isinstance(outcome, Later):
        later.append(outcome.at)
    else:
        done[effect.id] = outcome


def _do(ports: Ports, matter: Matter, effect: Effect) -> str | Later:
    match effect.kind:
        case EffectKind.DOCUMENT:
            return _store_document(ports, matter, effect.name)
        case EffectKind.MAIL:
            return _mail(ports, matter, effect)
        case EffectKind.STAFF_MAIL:
            return _mail(ports, matter, effect)
        case EffectKind.SMS:
            return _text(ports, matter, effect)
        case EffectKind.ALARM:
            return _alarm(ports, matter.business, matter.fact)
        case EffectKind.WORK:
            return _hand_over(ports, matter, effect.name)
        case EffectKind.EVENT:
            return _publish(ports, matter.fact, effect.name)


def _store_document(ports: Ports, matter: Matter, name: str) -> str:
    """Content-addressed: the outcome is the SHA-256 that the stored object has."""
    content = papers.rendered(ports, matter, name)
    fingerprint = sha256(content).hexdigest()
    key = papers.file_key(matter.business.id, fingerprint)
    ports.files.put(key, content, "application/pdf")
    return fingerprint


def _mail(ports: Ports, matter: Matter, effect: Effect) -> str:
    recipient = _recipient(matter, effect)
    if recipient is None:
        return "no recipient"
    if not notices.still_true(matter, effect.name):
        return VOID
    view = notices.view_of(ports, matter, effect.name)
    business = matter.business
    reference = f"{matter.fact.subject_id}/{matter.fact.seq}/{effect.name}"
    mime = to_mime(
        compose(view),
        sender=Mailbox(ports.links.mail_from, business.name),
        recipient=recipient,
        reply_to=Mailbox(business.email, business.name) if business.email else None,
        message_id=f"{sha256(reference.encode()).hexdigest()[:40]}@{business.id}.duecourse",
        date=matter.fact.at,
        notice_key=reference,
        attachments=_attachments(ports, matter, effect.name),
    )
    return ports.mail.send(sender=ports.links.mail_from, recipient=recipient.address, mime=mime)


def _attachments(ports: Ports, matter: Matter, name: str) -> tuple[Attachment, ...]:
    paper = _ATTACHED.get(name)
    if paper is None:
        return ()
    content = papers.rendered(ports, matter, paper)
    return (Attachment(papers.file_name(matter, paper), content),)


def _recipient(matter: Matter, effect: Effect) -> Mailbox | None:
    if effect.kind is EffectKind.STAFF_MAIL:
        manager = matter.customer.account_manager_email if matter.customer else ""
        address = manager or matter.business.staff_email
        return Mailbox(address) if address else None
    customer = matter.customer
    return Mailbox(customer.email, customer.name) if customer and customer.email else None


def _text(ports: Ports, matter: Matter, effect: Effect) -> str | Later:
    customer = matter.customer
    if customer is None or not customer.phone or customer.sms_consent_at is None:
        return "no consent"
    if not notices.still_true(matter, effect.name):
        return VOID
    now = now_of(ports, matter.business)
    allowed_at = _allowed_at(matter, customer, now)
    if allowed_at > now:
        return Later(allowed_at)
    return ports.sms.send(customer.phone, compose_sms(notices.view_of(ports, matter, effect.name)))


def _allowed_at(matter: Matter, customer: Customer, now: datetime) -> datetime:
    """In the customer's hours, and in the policy's where it has some."""
    business, hours = matter.business, customer.quiet_hours
    policy = policy_of(business, customer, matter.invoice)
    if policy.text_hours is not None:
        hours = hours.within(policy.text_hours)
    return next_allowed(now, customer.zone or business.zone, hours.opens, hours.closes)


def _alarm(ports: Ports, business: Business, fact: Fact) -> str:
    """Wake the dunning worker at the plan's time. An advancing test clock finds it by itself."""
    plan = fact.next_action
    if plan is None or plan.at is None:
        return "nothing planned"
    body = {"business_id": fact.business_id, "invoice_id": fact.subject_id}
    clock_id = business.test_clock_id
    if clock_id is not None and ports.store.test_clock(clock_id).advancing:
        return "test clock"
    if plan.at <= now_of(ports, business):
        ports.queue.send(QueueName.DUNNING, body)
        return "queued"
    if clock_id is not None:
        return "test clock"
    ports.timers.wake(keys.timer(fact.subject_id, fact.seq), plan.at, body)
    return "timer set"


def _hand_over(ports: Ports, matter: Matter, job: str) -> str | Later:
    """The job stays owed until its worker has noted it as done (`jobs.run_job`): a message may be
    lost, its worker may die, the queue may give up. Each job is safe to run again.

    On a test clock it is owed no longer: whoever advances it would wait for the worker.
    """
    fact = matter.fact
    body = {
        "job": job,
        "business_id": fact.business_id,
        "subject": fact.subject.value,
        "subject_id": fact.subject_id,
        "fact_key": fact.key,
    }
    ports.queue.send(QueueName.BILLING, body)
    if matter.business.test_clock_id is not None:
        return "queued"
    now = ports.clock.now()
    return Later(now + min(max(WORK_AGAIN, now - fact.at), LONGEST_WAIT))


def _publish(ports: Ports, fact: Fact, name: str) -> str:
    """Ids, amounts and plan; whoever listens reads the rest through the API."""
    detail = {
        "id": f"{fact.subject_id}/{fact.seq}",
        "business_id": fact.business_id,
        "subject": fact.subject.value,
        "subject_id": fact.subject_id,
        "sequence": fact.seq,
        "kind": fact.kind,
        "occurred_at": plain(fact.at),
        "legs": plain(fact.legs),
        "next_action": plain(fact.next_action),
    }
    ports.bus.publish(name, detail)
    return "published"


def ref_of(fact: Fact) -> FactRef:
    return FactRef(fact.business_id, Subject(fact.subject), fact.subject_id, fact.key)
