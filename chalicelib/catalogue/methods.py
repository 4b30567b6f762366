"""How a payment method is named in a sentence: `Visa ending 4242`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalicelib.catalogue import text
from chalicelib.documents import MethodKind

if TYPE_CHECKING:
    from chalicelib.documents import MethodView

_BRANDS = {
    "visa": "Visa",
    "mastercard": "Mastercard",
    "amex": "American Express",
    "american_express": "American Express",
    "discover": "Discover",
    "diners": "Diners Club",
    "jcb": "JCB",
    "unionpay": "UnionPay",
    "cartes_bancaires": "Cartes Bancaires",
    "eftpos_au": "eftpos",
}


def method_phrase(method: MethodView | None, locale: str) -> str:
    """The method as the payer knows it; just "card" when nothing more is known."""
    if method is None:
        return text(locale, "method.card_unknown")
    brand = _BRANDS.get((method.brand or "").lower(), method.brand)
    phrase = text(
        locale,
        f"method.{method.kind.value}",
        brand=brand,
        last4=method.last4,
        reference=method.reference,
    )
    unnamed = method.kind is MethodKind.CARD and not phrase
    return text(locale, "method.card_unknown") if unnamed else phrase
