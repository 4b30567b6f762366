"""Disputes: the board by deadline, the evidence, and the one answer a bank takes.

Nothing is sent to Stripe inside a request: what staff decide is written down, and a worker sends it
seconds later.
"""

from __future__ import annotations

from chalicelib.api.calls import StaffCall
from chalicelib.api.invoices import LINK_SECONDS
from chalicelib.api.representation.disputes import (
    AcceptDispute,
    DisputesQuery,
    DisputeView,
    EvidenceDraft,
    EvidencePreview,
    SubmitEvidence,
    dispute_view,
    evidence_preview,
)
from chalicelib.api.representation.fields import Listing, listing
from chalicelib.api.representation.invoices import DocumentLink
from chalicelib.api.routing import Routes
from chalicelib.domain.dispute import DisputeStage, Draft, Part, RequestKind
from chalicelib.domain.errors import NotFound
from chalicelib.services import disputing

routes = Routes(__name__, "/v1/disputes", "Disputes")
OPEN = (DisputeStage.NEEDS_ANSWER, DisputeStage.UNDER_REVIEW)


@routes.get()
def list_disputes(call: StaffCall, query: DisputesQuery) -> Listing[DisputeView]:
    """List disputes, the earliest deadline first: those not over, or one stage of the board."""
    stages = (query.stage,) if query.stage else OPEN
    page = call.ports.store.disputes(
        call.business_id, stages=stages, limit=query.limit, cursor=query.cursor
    )
    return listing(page, (dispute_view(one) for one in page.items))


@routes.get("/{dispute_id}")
def get_dispute(call: StaffCall, dispute_id: str) -> DisputeView:
    """Read a dispute with its deadline and our answer."""
    return dispute_view(call.ports.store.dispute(call.business_id, dispute_id))


@routes.get("/{dispute_id}/evidence")
def get_dispute_evidence(call: StaffCall, dispute_id: str) -> EvidencePreview:
    """Read what the evidence packet would say now: our own facts, and the saved text."""
    from chalicelib.services.evidence import preview

    dispute = call.ports.store.dispute(call.business_id, dispute_id)
    return evidence_preview(preview(call.ports, dispute))


@routes.patch("/{dispute_id}/evidence", refuses=("dispute_answered", "dispute_closed"))
def draft_dispute_evidence(call: StaffCall, dispute_id: str, body: EvidenceDraft) -> DisputeView:
    """Save the text and the choice of parts, to be sent later."""
    draft = Draft(body.text, _in_order(body.parts))
    return dispute_view(
        disputing.draft_evidence(call.ports, call.business_id, dispute_id, draft, actor=call.actor)
    )


@routes.post("/{dispute_id}/submit", status=202, refuses=("dispute_answered", "dispute_closed"))
def submit_dispute_evidence(call: StaffCall, dispute_id: str, body: SubmitEvidence) -> DisputeView:
    """Ask for the evidence to be sent; a worker does it in seconds, and a bank takes it once."""
    dispute = call.ports.store.dispute(call.business_id, dispute_id)
    if (body.text is not None or body.parts is not None) and dispute.request is None:
        saved = dispute.draft or Draft()
        text = saved.text if body.text is None else body.text
        parts = saved.parts if body.parts is None else _in_order(body.parts)
        if not call.again or dispute.submitted_at is None:
            disputing.draft_evidence(
                call.ports, call.business_id, dispute_id, Draft(text, parts), actor=call.actor
            )
    return _asked(call, dispute_id, RequestKind.EVIDENCE, "Evidence is to be sent.")


@routes.post("/{dispute_id}/accept", status=202, refuses=("dispute_answered", "dispute_closed"))
def accept_dispute(call: StaffCall, dispute_id: str, body: AcceptDispute) -> DisputeView:
    """Ask for the dispute to be accepted: the payer keeps the money, for good."""
    return _asked(call, dispute_id, RequestKind.ACCEPTANCE, body.reason)


@routes.get("/{dispute_id}/packet", status=303, location="url", refuses=("document_not_ready",))
def get_dispute_packet(call: StaffCall, dispute_id: str) -> DocumentLink:
    """Go to the evidence packet as it was sent, at an address that works for a minute."""
    from chalicelib.services.papers import file_key

    dispute = call.ports.store.dispute(call.business_id, dispute_id)
    packets = [one for one in dispute.files if one.field == "uncategorized_file"]
    if not packets:
        raise NotFound("document_not_ready", "No packet was sent for this dispute yet.")
    key = file_key(call.business_id, packets[0].fingerprint)
    name = f"evidence-{dispute.id}.pdf"
    url = call.ports.files.link(key, file_name=name, seconds=LINK_SECONDS)
    return DocumentLink(url=url, expires_in_seconds=LINK_SECONDS)


def _asked(call: StaffCall, dispute_id: str, kind: RequestKind, why: str) -> DisputeView:
    asked = disputing.request_answer(
        call.ports,
        call.business_id,
        dispute_id,
        kind,
        request_id=call.id("ans"),
        actor=call.actor,
        why=why,
    )
    return dispute_view(asked)


def _in_order(parts: tuple[Part, ...]) -> tuple[Part, ...]:
    """Each once, in the packet's order."""
    return tuple(part for part in Part if part in parts)
