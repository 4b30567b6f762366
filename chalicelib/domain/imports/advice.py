"""What to do about a row that cannot be used, by the code of what is wrong with it.

Where the words of the refusal say it themselves, nothing is added.
"""

from __future__ import annotations

from chalicelib.domain.errors import DomainError

_FILL_IN = "Fill it in."
_SHORTEN = "Shorten it."
_LEAVE_OUT = "Take it out of the file."
ADVICE = {
    "name_missing": _FILL_IN,
    "email_missing": _FILL_IN,
    "cell_missing": _FILL_IN,
    "number_missing": _FILL_IN,
    "name_too_long": _SHORTEN,
    "text_too_long": _SHORTEN,
    "email_invalid": "Write one address, such as ada@example.com.",
    "yes_no_invalid": "Write yes or no, or leave it empty.",
    "kind_unknown": "Write one of them, or leave it empty.",
    "date_invalid": "Write it so, or as 2026-02-27, or send date_order.",
    "number_invalid": "Write it so, or send decimal_mark.",
    "amount_invalid": "Round it.",
    "amount_too_large": "Split it into several.",
    "percent_invalid": "Correct it.",
    "tax_included": "Export it with prices before tax.",
    "tax_unknown": "",
    "terms_unknown": "Write one of them.",
    "country_unknown": "",
    "invoice_contradicts": "Make the rows of the invoice agree.",
    "invoice_twice": "Take one of them out of the file.",
    "currency_other": _LEAVE_OUT,
    "not_open": _LEAVE_OUT,
    "not_whole": "Import what is left of it as an invoice of its own.",
    "nothing_owed": _LEAVE_OUT,
    "due_before_issued": "Correct one of the days.",
    "issued_later": "Import it when that day has come.",
    "line_negative": "",
    "amount_contradicts": "Correct one of the three.",
    "tax_contradicts": "Give the tax as a rate in per cent.",
    "total_contradicts": "Correct the lines; their prices are read as before tax.",
    "customer_unknown": "",
    "interval_unknown": "",
    "trial_invalid": "",
    "price_invalid": "Correct it.",
    "line_invalid": "Correct it.",
    "contract_invalid": "Correct one of the days.",
    "contract_over": _LEAVE_OUT,
}


def advised(refused: DomainError) -> str:
    """The reason, and what to do."""
    return f"{refused.detail} {ADVICE.get(refused.code, '')}".strip()
