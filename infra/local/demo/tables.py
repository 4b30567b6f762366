"""What the demo prints: what moved in, what became of it, and whether it adds up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from chalicelib.domain import money
from infra.local.demo import proof as counts
from infra.local.demo.company import Company
from infra.local.demo.proof import Books, Proof

_FATES = ("sent", "void", "nobody", "failed", "waiting")


def _money(amount: int) -> str:
    return money.decimal_text(amount, "USD")


def _table(title: str, head: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """The first column to the left, numbers to the right."""
    texts = [list(head), *([str(cell) for cell in row] for row in rows)]
    widths = [max(len(row[column]) for row in texts) for column in range(len(head))]
    print(f"\n  {title}")
    for row in texts:
        first = row[0].ljust(widths[0])
        rest = [cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True)]
        print("    " + "  ".join([first, *rest]).rstrip())


def print_imports(company: Company) -> None:
    rows = [
        (name, report.source.value, len(report.imported), len(report.rejected))
        for name, report in company.reports.items()
    ]
    _table("Moved in", ("file", "from", "imported", "rejected"), rows)
    for report in company.reports.values():
        for refused in report.rejected:
            print(f"      row {refused.row}: {refused.reason}")
    print(flush=True)


def print_books(books: Books) -> None:
    _table("Invoices", ("status", "count"), sorted(counts.by_status(books).items()))
    _table("Attempts", ("result", "count"), sorted(counts.by_result(books).items()))
    _table(
        "What brought the money",
        ("step", "payments", "amount"),
        [(step, count, _money(total)) for step, (count, total) in _steps(books)],
    )
    notices = sorted(counts.by_notice(books).items())
    _table(
        "Notices", ("notice", *_FATES), [(name, *(row[fate] for fate in _FATES))
                                         for name, row in notices],
    )  # fmt: skip
    _table("Subscriptions", ("", "count"), sorted(counts.pauses(books).items()))


def _steps(books: Books) -> list[tuple[str, list[int]]]:
    return sorted(counts.by_step(books).items(), key=lambda row: -row[1][0])


def print_proof(proof: Proof, books: Books) -> None:
    trial = [(name, _money(amount)) for name, amount in proof.trial.items() if amount]
    _table(
        "Trial balance", ("account", "USD"), [*trial, ("sum", _money(sum(proof.trial.values())))]
    )
    _table(
        "Our ledger beside Stripe's books",
        ("", "ours", "Stripe's", "difference"),
        [
            (what, _money(ours), _money(theirs), _money(ours - theirs))
            for what, ours, theirs in proof.beside
        ],
    )
    print(
        f"\n  {len(books.histories):,} histories of {len(books.facts):,} facts: chains whole, "
        "each head the fold of its facts, invoice numbers without a gap."
        if not proof.problems
        else "\n  It does not add up:\n    " + "\n    ".join(proof.problems)
    )


def print_where(company: Company, outputs: Mapping[str, str]) -> None:
    print(f"  Business {company.business_id}; mails: {outputs['MailboxUrl']}")
    print(f"  A token for its back office: python -m infra.local.issuer {company.staff.id}")
