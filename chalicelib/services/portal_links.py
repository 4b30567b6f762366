"""The signed links in mails: 256 bits that open one invoice or one customer's page, nothing else.

The table keeps only a token's SHA-256, so a copy of it opens nothing. The token follows from the
subject and a secret: a mail sent twice carries the same link.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime, timedelta
from hashlib import sha256
from ipaddress import ip_address, ip_network

from chalicelib.domain.customer import Customer
from chalicelib.domain.errors import NotFound
from chalicelib.domain.invoice import Invoice, Purpose
from chalicelib.ports import Ports
from chalicelib.ports.answers import Unanswered
from chalicelib.ports.rows import PortalLink, PortalOpening
from chalicelib.services.case import now_of

GOOD_FOR = timedelta(days=90)


def link_for(ports: Ports, invoice: Invoice) -> str:
    """The address in the mail about this invoice; of a payment on account, the customer's page."""
    if invoice.purpose is Purpose.ON_ACCOUNT:
        subject = f"{invoice.business_id}/customer/{invoice.customer_id}"
        return _link(ports, subject, invoice.business_id, invoice.customer_id, None)
    subject = f"{invoice.business_id}/invoice/{invoice.id}"
    return _link(ports, subject, invoice.business_id, invoice.customer_id, invoice.id)


def customer_link(ports: Ports, customer: Customer) -> str:
    """The address in a mail about the customer's cards."""
    subject = f"{customer.business_id}/customer/{customer.id}"
    return _link(ports, subject, customer.business_id, customer.id, None)


def _link(
    ports: Ports, subject: str, business_id: str, customer_id: str, invoice_id: str | None
) -> str:
    token = ports.tokens.portal(subject)
    now = ports.clock.now()
    known = ports.store.portal_link(hash_of(token))
    fresh = known is not None and (known.revoked_at or known.expires_at > now + GOOD_FOR / 2)
    if not fresh:
        link = PortalLink(hash_of(token), business_id, customer_id, invoice_id, now + GOOD_FOR)
        ports.store.save_portal_link(link)
    return f"{ports.links.portal}/{token}"


def open_link(ports: Ports, token: str, now: datetime) -> PortalLink:
    """What the token opens. Raises the same NotFound for an unknown, expired or revoked one."""
    link = ports.store.portal_link(hash_of(token))
    if link is None or link.revoked_at is not None or link.expires_at <= now:
        raise NotFound("link_not_found", "This link is not valid any more. Ask for a new one.")
    return link


def note_opening(
    ports: Ports, link: PortalLink, action: str, address: str, invoice_id: str | None = None
) -> None:
    """Remember that what the link shows was opened: evidence, should the payment be disputed.

    Of the address only the network is kept. A page is not refused because this was not written.
    """
    opening = PortalOpening(
        business_id=link.business_id,
        customer_id=link.customer_id,
        invoice_id=invoice_id or link.invoice_id,
        action=action,
        at=now_of(ports, ports.store.business(link.business_id)),
        network=network_of(address),
    )
    with suppress(Unanswered):
        ports.store.note_opening(opening)


def network_of(address: str) -> str:
    """`203.0.113.7` as `203.0.113.0/24`, IPv6 as its first 48 bits: many people, not one."""
    try:
        known = ip_address(address)
    except ValueError:
        return ""
    return str(ip_network(f"{known}/{24 if known.version == 4 else 48}", strict=False))


def hash_of(token: str) -> str:
    return sha256(token.encode()).hexdigest()
