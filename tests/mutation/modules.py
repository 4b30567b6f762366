"""What is mutated, and by which fast tests it is judged.

mutmut changes what stands inside functions. Tables at module level and decorated functions it
leaves alone: those are written out a second time by tests (`test_money.py` for the currencies,
`authorization.toml` for the roles, which `test_machines_and_links.py` compares row by row).
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Module:
    """A rule of money or of access: its sources, and the tests that pin it."""

    name: str
    sources: tuple[str, ...]
    tests: tuple[str, ...]


# What every fact changes and posts, and how it is keyed.
FACTS = (
    "tests/domain/desk/test_what_a_dispute_changes.py",
    "tests/domain/test_broken_histories.py",
    "tests/domain/test_names_of_facts.py",
    "tests/domain/test_what_each_fact_changes.py",
    "tests/domain/test_what_each_fact_posts.py",
)

MODULES = (
    Module(
        "money",
        ("chalicelib/domain/money.py",),
        ("tests/domain/test_money.py", "tests/domain/test_money_refused.py"),
    ),
    Module(
        "facts",
        ("chalicelib/domain/facts.py", "chalicelib/domain/canonical.py"),
        ("tests/domain/test_facts.py", "tests/domain/test_canonical.py"),
    ),
    Module(
        "ledger",
        (
            "chalicelib/domain/invoice_fold.py",
            "chalicelib/domain/invoice_ledger.py",
            "chalicelib/domain/ledger.py",
        ),
        (
            "tests/domain/test_invoice_fold.py",
            "tests/domain/test_facts.py",
            "tests/domain/test_keys.py",
            "tests/domain/desk/test_applying.py",
            "tests/domain/desk/test_credit_notes.py",
            "tests/domain/desk/test_on_account.py",
            *FACTS,
        ),
    ),
    Module(
        "credit",
        (
            "chalicelib/domain/desk/applying.py",
            "chalicelib/domain/desk/covering.py",
            "chalicelib/domain/desk/money_legs.py",
            "chalicelib/domain/invoice_changes.py",
            "chalicelib/domain/owed.py",
        ),
        (
            "tests/domain/desk/test_applying.py",
            "tests/domain/desk/test_credit_in_the_books.py",
            "tests/domain/test_owed.py",
            *FACTS,
        ),
    ),
    Module(
        "external",
        (
            "chalicelib/domain/desk/account.py",
            "chalicelib/domain/desk/credit_payouts.py",
            "chalicelib/domain/desk/external_payments.py",
            "chalicelib/domain/desk/write_offs.py",
        ),
        (
            "tests/domain/desk/test_external_payments.py",
            "tests/domain/desk/test_external_money_in_the_books.py",
            "tests/domain/desk/test_paid_on_in_the_books.py",
            "tests/domain/test_instalments_past_stripe.py",
            *FACTS,
        ),
    ),
    Module(
        "refunds",
        ("chalicelib/domain/desk/refunds.py",),
        (
            "tests/domain/desk/test_refunds.py",
            "tests/domain/desk/test_refunds_in_the_books.py",
            *FACTS,
        ),
    ),
    Module(
        "credit_notes",
        (
            "chalicelib/domain/credit_note.py",
            "chalicelib/domain/desk/credit_notes.py",
            "chalicelib/domain/desk/reissue.py",
        ),
        (
            "tests/domain/desk/test_credit_notes.py",
            "tests/domain/desk/test_credit_notes_in_the_books.py",
            "tests/domain/desk/test_corrections_in_the_books.py",
            *FACTS,
        ),
    ),
    Module(
        "on_account",
        (
            "chalicelib/domain/demand.py",
            "chalicelib/domain/desk/on_account.py",
            "chalicelib/domain/part_payment.py",
        ),
        (
            "tests/domain/desk/test_demands_in_the_books.py",
            "tests/domain/desk/test_paid_on_in_the_books.py",
            "tests/domain/desk/test_on_account.py",
            "tests/domain/test_part_payment.py",
            *FACTS,
        ),
    ),
    Module(
        "disputes",
        (
            "chalicelib/domain/desk/disputed.py",
            "chalicelib/domain/desk/disputes.py",
            "chalicelib/domain/dispute.py",
        ),
        (
            "tests/domain/desk/test_dispute_records.py",
            "tests/domain/desk/test_disputes.py",
            "tests/domain/desk/test_disputes_in_the_books.py",
            *FACTS,
        ),
    ),
    Module(
        "plans",
        (
            "chalicelib/domain/desk/instalments.py",
            "chalicelib/domain/payment_plan.py",
            "chalicelib/domain/payment_plan_facts.py",
        ),
        (
            "tests/domain/test_instalments_past_stripe.py",
            "tests/domain/test_parts_of_a_plan.py",
            "tests/domain/test_payment_plan.py",
            "tests/domain/test_plan_money_past_stripe.py",
            "tests/domain/test_plans_in_the_books.py",
            *FACTS,
        ),
    ),
    Module(
        "parties",
        ("chalicelib/domain/party_fold.py",),
        (
            "tests/domain/test_customer.py",
            "tests/domain/test_group.py",
            "tests/domain/test_parties_in_the_books.py",
            "tests/domain/test_subscription.py",
        ),
    ),
    Module(
        "outcome",
        ("chalicelib/domain/outcome.py",),
        ("tests/domain/test_outcome.py", "tests/domain/test_outcome_in_words.py"),
    ),
    Module(
        "poster",
        ("chalicelib/services/posting.py",),
        ("tests/services/test_posting.py", "tests/services/test_posting_verdicts.py"),
    ),
    Module(
        "keys",
        (
            "chalicelib/domain/keys.py",
            "chalicelib/domain/invoice_facts.py",
            "chalicelib/domain/party_facts.py",
        ),
        ("tests/domain/test_keys.py", "tests/domain/test_names_of_facts.py"),
    ),
    Module(
        "signature",
        ("chalicelib/domain/signature.py",),
        ("tests/domain/test_signature.py", "tests/domain/test_signature_headers.py"),
    ),
    Module(
        "authorization",
        (
            "chalicelib/api/access.py",
            "chalicelib/api/auth.py",
            "chalicelib/api/client_tokens.py",
            "chalicelib/services/portal_links.py",
        ),
        (
            "tests/api/test_machines_and_links.py",
            "tests/api/test_who_is_calling.py",
            "tests/services/test_openings.py",
        ),
    ),
)
