"""What is mutated, and by which fast tests it is judged.

mutmut changes what stands inside functions. Tables at module level and decorated functions it
leaves alone: those are written out a second time by tests (`test_money.py` for the currencies,
`test_who_may.py` for the roles).
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Module:
    """A rule of money or of access: its sources, and the tests that pin it."""

    name: str
    sources: tuple[str, ...]
    tests: tuple[str, ...]


MODULES = (
    Module(
        "money",
        ("chalicelib/domain/money.py",),
        ("tests/domain/test_money.py",),
    ),
    Module(
        "facts",
        ("chalicelib/domain/facts.py", "chalicelib/domain/canonical.py"),
        ("tests/domain/test_facts.py",),
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
        ),
    ),
    Module("outcome", ("chalicelib/domain/outcome.py",), ("tests/domain/test_outcome.py",)),
    Module(
        "poster",
        ("chalicelib/services/posting.py",),
        ("tests/services/test_charging.py",),
    ),
    Module("keys", ("chalicelib/domain/keys.py",), ("tests/domain/test_keys.py",)),
    Module("signature", ("chalicelib/domain/signature.py",), ("tests/domain/test_signature.py",)),
    Module("authorization", ("chalicelib/api/auth.py",), ("tests/api/test_auth.py",)),
)
