"""Application fees: what the platform has earned of connected accounts' charges."""

from typing import Final

from infra.local.fake_stripe.endpoints import Request, Route, Routes
from infra.local.fake_stripe.errors import Body, missing
from infra.local.fake_stripe.lists import page
from infra.local.fake_stripe.parameters import PAGE, text


def _retrieve(request: Request) -> Body:
    fee = request.account.application_fees.get(request.id)
    if fee is None:
        raise missing("application_fee", request.id)
    return dict(fee)


def _list(request: Request) -> Body:
    charge = request.params.get("charge")
    return page(
        request,
        "application_fee",
        "/v1/application_fees",
        request.account.application_fees.values(),
        lambda fee: charge in (None, fee["charge"]),
    )


ROUTES: Final[Routes] = {
    "GET /v1/application_fees": Route("application_fees.list", _list, {**PAGE, "charge": text}),
    "GET /v1/application_fees/{}": Route("application_fees.retrieve", _retrieve),
}
