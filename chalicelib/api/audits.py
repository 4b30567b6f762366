"""The audit trail of any object, with its chain of hashes checked, to read or to keep."""

from __future__ import annotations

from chalicelib.api.calls import StaffCall
from chalicelib.api.representation.history import (
    AuditExportQuery,
    AuditQuery,
    AuditView,
    audit_view,
)
from chalicelib.api.representation.invoices import DocumentLink
from chalicelib.api.routing import Routes
from chalicelib.domain.facts import Subject
from chalicelib.domain.team import TEAM
from chalicelib.services.auditing import Audit, audit, exported

routes = Routes(__name__, "/v1/audit", "Audit")
LINK_SECONDS = 60


@routes.get("/")
def get_audit(call: StaffCall, query: AuditQuery) -> AuditView:
    """Read the audit trail of an object: every change, by whom and why, with its chain checked."""
    return audit_view(_trail(call, query))


@routes.get("/export", status=303, location="url")
def export_audit(call: StaffCall, query: AuditExportQuery) -> DocumentLink:
    """Go to the audit trail as a file: JSON lines as they were hashed, or CSV.

    The address works for a minute, for anybody. Do not send your token along with it.
    """
    trail = _trail(call, query)
    key = exported(call.ports, call.business_id, trail, query.format)
    name = f"audit-{trail.subject_id}.{query.format.value}"
    url = call.ports.files.link(key, file_name=name, seconds=LINK_SECONDS)
    return DocumentLink(url=url, expires_in_seconds=LINK_SECONDS)


def _trail(call: StaffCall, query: AuditQuery) -> Audit:
    own = TEAM if query.subject is Subject.TEAM else call.business_id
    return audit(call.ports, call.business_id, query.subject, query.id or own)
