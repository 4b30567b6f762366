"""Every contract of the gateway in one class, so that none can be forgotten for one of its ways."""

from __future__ import annotations

from tests.contracts.gateway_connect_contract import ConnectContract
from tests.contracts.gateway_contract import ConfirmContract, CustomersContract
from tests.contracts.gateway_money_contract import CancelContract, ListsContract, MoneyContract


class GatewaySuite(
    CustomersContract,
    ConfirmContract,
    CancelContract,
    MoneyContract,
    ConnectContract,
    ListsContract,
):
    """The fixture `stage` says which gateway, and which Stripe stands behind it."""
