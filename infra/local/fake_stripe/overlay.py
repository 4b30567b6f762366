"""What the pinned SDK knows and the carried OpenAPI document does not yet.

The document is 2026-05-27.dahlia, the SDK 16.1 speaks 2026-10-28.endive. Each difference is listed
here and a test compares the list with the SDK, so bumping it is a diff somebody reads.
"""

from typing import Any, Final

Schema = dict[str, Any]

_TEXT: Final[Schema] = {"type": ["string", "null"]}
_TEXTS: Final[Schema] = {"anyOf": [{"type": "array", "items": {"type": "string"}},
                                   {"type": "null"}]}  # fmt: skip

# definition → field → its schema. Fields the SDK has and the document lacks.
NEW_FIELDS: Final[dict[str, dict[str, Schema]]] = {
    "payment_intent": {
        "allowed_payment_method_types": _TEXTS,
        "payment_record": _TEXT,
        "source": _TEXT,
    },
    "setup_intent": {"allowed_payment_method_types": _TEXTS},
    "checkout.session": {"allowed_payment_method_types": _TEXTS},
    "charge": {"authorization_code": _TEXT, "level3": {}, "source": {}},
    "payment_method": {"paypay": {}, "sequra": {}},
    "refund": {"customer": _TEXT, "customer_account": _TEXT, "payment_method": _TEXT},
    "dispute": {"intended_submission_method": _TEXT, "network_reason_code": _TEXT},
}

# Enumerations that grew.
NEW_VALUES: Final[dict[tuple[str, str], list[str]]] = {
    ("dispute", "status"): ["appeal_needs_response", "appeal_under_review"],
}

# Free strings in the document whose values Stripe documents.
DOCUMENTED_VALUES: Final[dict[tuple[str, str], list[str]]] = {
    ("refund", "status"): ["pending", "requires_action", "succeeded", "failed", "canceled"],
    ("payout", "status"): ["pending", "in_transit", "paid", "failed", "canceled"],
}


def apply(definitions: Schema) -> None:
    """Change the definitions in place."""
    for name, fields in NEW_FIELDS.items():
        definitions[name]["properties"].update(fields)
    for (name, field), values in NEW_VALUES.items():
        definitions[name]["properties"][field]["enum"].extend(values)
    for (name, field), values in DOCUMENTED_VALUES.items():
        definitions[name]["properties"][field] = {"enum": values}
