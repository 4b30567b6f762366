"""The ledger as a view of all facts."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from chalicelib.api.calls import StaffCall
from chalicelib.api.representation.facts import TrialBalance, trial_balance_view
from chalicelib.api.representation.fields import Body
from chalicelib.api.routing import Routes
from chalicelib.domain.facts import Subject
from chalicelib.domain.ledger import Leg, trial_balance

routes = Routes(__name__, "/v1/ledger", "Ledger")


class LedgerQuery(Body):
    """`limit` invoices are read for a page."""

    limit: Annotated[int, Meta(ge=1, le=500)] = 100
    cursor: Annotated[str, Meta(max_length=4096)] | None = None


@routes.get("/trial-balance")
def get_trial_balance(call: StaffCall, query: LedgerQuery) -> TrialBalance:
    """Add up every leg ever posted, by account.

    A walk over all invoices and, with the first page, the business's payouts. Debits equal credits
    in every page; add the pages up for the whole.
    """
    store, business_id = call.ports.store, call.business_id
    page = store.invoices(business_id, limit=query.limit, cursor=query.cursor)
    subjects = [(Subject.INVOICE, invoice.id) for invoice in page.items]
    subjects += [] if query.cursor else [(Subject.BUSINESS, business_id)]
    legs: list[Leg] = []
    for subject, subject_id in subjects:
        legs += [leg for fact in store.facts(business_id, subject, subject_id) for leg in fact.legs]
    return trial_balance_view(
        trial_balance(legs),
        sorted({leg.currency for leg in legs}),
        invoices_read=len(page.items),
        next_cursor=page.cursor,
    )
