"""The design with one of its safeguards taken out: each must be caught, or the judges are blind.

A mutant is a switch at a port or a rule replaced, never an edit of the product. Where one safeguard
backs up another, the mutant runs with the back-up off, and only what the missing back-up alone does
not do counts as caught.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from chalicelib.domain import dunning, invoice_fold, policy
from chalicelib.domain.desk import covering
from chalicelib.services import (
    answering_disputes,
    charging,
    credit_notes,
    external_payments,
    invoices,
    notices,
    posting,
    refunding,
    restoring,
    webhooks,
    write_offs,
)
from tests.simulation import mutant_rules as r
from tests.simulation import mutant_worlds as w
from tests.simulation.faults import Fault, Plan, faults_at
from tests.simulation.install import World
from tests.simulation.poison import Poisoned
from tests.simulation.running import Run, run
from tests.simulation.scenarios.base import Scenario
from tests.simulation.scenarios.core import CORE
from tests.simulation.scenarios.disasters import SetBack

_CRASHES = (Fault.CRASH_BEFORE, Fault.CRASH_AFTER)


@dataclass(frozen=True, slots=True)
class Mutant:
    """`faults` are what it is sought with, none for a run without; `codes` the invariants that may
    catch it; `backup` is the world it is compared with.
    """

    name: str
    make: type[World]
    scenarios: tuple[str, ...]
    faults: tuple[Fault, ...]
    codes: tuple[str, ...]
    backup: type[World] = World
    rules: tuple[tuple[Any, str, Any], ...] = ()


def caught(
    mutant: Mutant, scenarios: Mapping[str, Scenario], *, seeds: int, stride: int
) -> Run | None:
    """The first run that gives it away and is clean without it."""
    for seed in range(seeds):
        for name in mutant.scenarios:
            scenario = scenarios[name] if name in scenarios else CORE[name]
            points = run(scenario, seed, make=mutant.backup).points
            for plan in ({}, *_sought(mutant, points, seed, stride)):
                with in_force(mutant):
                    done = run(scenario, seed, plan, make=mutant.make)
                found = {one.code for one in done.violations} & set(mutant.codes)
                if found and _clean_without(mutant, scenario, done):
                    return done
    return None


def _sought(mutant: Mutant, points: list[str], seed: int, stride: int) -> Iterator[Plan]:
    for index, point in enumerate(points):
        for fault in mutant.faults:
            if fault in faults_at(point) and (index + seed) % stride == 0:
                yield {index: fault}


def _clean_without(mutant: Mutant, scenario: Scenario, done: Run) -> bool:
    """With only the back-up off, the same run does not fail in this way."""
    plain = run(scenario, done.seed, done.plan, make=mutant.backup)
    return not {one.code for one in plain.violations} & set(mutant.codes)


@contextmanager
def in_force(mutant: Mutant) -> Iterator[None]:
    """Its rules replace the product's, until the block ends."""
    before = [(module, name, vars(module)[name]) for module, name, _ in mutant.rules]
    for module, name, value in mutant.rules:
        vars(module)[name] = value
    try:
        yield
    finally:
        for module, name, value in before:
            vars(module)[name] = value


_MONEY = ("recovered", "retry_race")
MUTANTS: tuple[Mutant, ...] = (
    Mutant("random_key", w.RandomConfirmKey, _MONEY, (Fault.STALL_AFTER,), ("I2",)),
    Mutant("intent_per_delivery", w.IntentPerDelivery, ("first_charge",), _CRASHES, ("I3",)),
    Mutant("one_key_per_payment", w.OneKeyPerPayment, ("recovered",), (), ("end",)),
    Mutant("cancel_on_paper", w.CancelOnPaper, ("cancel_race",), _CRASHES, ("I3", "I4", "I6")),
    Mutant("unknown_is_failure", w.UnknownIsFailure, _MONEY, (Fault.DONE_LATE,), ("I2", "end")),
    Mutant(
        "key_instead_of_asking",
        w.KeyInsteadOfAsking,
        ("recovered",),
        (Fault.CRASH_AFTER,),
        ("I2",),
        backup=w.Deaf,
        rules=((charging, "RESEND", timedelta(days=365)),),
    ),
    Mutant("last_write_wins", w.LastWriteWins, _MONEY, (Fault.STALL_BEFORE,), ("I14",)),
    Mutant("numbers_for_all", w.NumbersForAll, ("two_bills",), (Fault.STALL_BEFORE,), ("I16",)),
    Mutant("no_lease", w.NoLease, ("first_charge",), (Fault.STALL_AFTER,), ("I11",)),
    Mutant(
        "repeat_is_foreign",
        w.RepeatIsForeign,
        ("first_charge", "recovered"),
        (Fault.DONE_TWICE,),
        ("I10", "end"),
        backup=w.Deaf,
    ),
    Mutant("no_sweep", w.WithoutSweep, ("first_charge",), (Fault.GONE_BEFORE,), ("I10", "end")),
    Mutant("timer_is_truth", w.TimerIsTruth, ("recovered",), (Fault.VANISHED,), ("I10", "end")),
    Mutant("stream_is_truth", w.StreamIsTruth, ("first_charge",), (Fault.GONE_BEFORE,), ("I10",)),
    Mutant(
        "gap_ignored",
        World,
        ("recovered",),
        (),
        ("I13",),
        rules=((dunning, "_earliest", r.at_once),),
    ),
    Mutant(
        "hard_no_ignored",
        World,
        ("new_card",),
        (),
        ("I13",),
        rules=((dunning, "is_soft", r.yes), (posting, "blocks_method", r.no)),
    ),
    Mutant(
        "no_reconciliation",
        w.WithoutReconciliation,
        ("paid_out",),
        (Fault.GONE_BEFORE,),
        ("I5", "end"),
    ),
    Mutant("posted_again", w.PostedAgain, ("paid_out",), (), ("I5", "end", "I14")),
    Mutant(
        "unknown_is_forgotten",
        World,
        _MONEY,
        (Fault.STALL_BEFORE,),
        ("I2",),
        rules=((charging, "RESEND", timedelta(0)),),
    ),
    Mutant(
        "request_forgotten",
        World,
        ("resumed",),
        (Fault.ERROR_STORED,),
        ("end",),
        rules=((invoice_fold, "_asked_again", r.same),),
    ),
    Mutant(
        "stale_notices",
        World,
        ("recovered",),
        (Fault.GONE_BEFORE, Fault.CRASH_BEFORE),
        ("I11",),
        rules=((notices, "still_true", r.yes),),
    ),
    Mutant(
        "signature_unchecked",
        Poisoned,
        ("first_charge",),
        (),
        ("F12",),
        backup=Poisoned,
        rules=((webhooks, "verify", r.nothing),),
    ),
    # --- The desk ---------------------------------------------------------------------------------
    Mutant(
        "refund_asked_blindly",
        w.Deaf,
        ("core/refund",),
        (Fault.CRASH_AFTER,),
        ("I7",),
        backup=w.Deaf,
        rules=((refunding, "_found", r.nothing),),
    ),
    Mutant(
        "external_closes_on_paper",
        World,
        ("external_race", "external_retry"),
        (),
        ("I3", "I4", "I6"),
        rules=((external_payments, "close_all", r.closed_on_paper),),
    ),
    Mutant(
        "write_off_closes_on_paper",
        World,
        ("write_off_race",),
        (Fault.STALL_BEFORE,),
        ("I3", "I4", "I6"),
        rules=((write_offs, "close_all", r.closed_on_paper),),
    ),
    Mutant(
        "credit_note_closes_on_paper",
        World,
        ("credit_note_race",),
        (),
        ("I3", "I4", "I6"),
        rules=((credit_notes, "close_all", r.closed_on_paper),),
    ),
    Mutant("reference_unclaimed", w.ReferenceUnclaimed, ("same_cheque",), (), ("end",)),
    Mutant(
        "paid_on_account_uncovered",
        World,
        ("page_instead",),
        (),
        ("I3", "I6", "end"),
        rules=((covering, "step", r.uncovered),),
    ),
    Mutant(
        "planned_uncovered",
        World,
        ("plan_instead",),
        (),
        ("I3", "I6", "end"),
        rules=((covering, "step", r.uncovered),),
    ),
    Mutant("credit_unversioned", w.CreditUnversioned, ("credit_twice",), (), ("I17", "end")),
    Mutant(
        "own_approval",
        World,
        ("second_person",),
        (),
        ("end",),
        rules=((refunding, "_check_decision", r.agreed_by_anybody),),
    ),
    Mutant(
        "answered_blindly",
        w.WithoutNewsOfDisputes,
        ("answered",),
        (Fault.CRASH_AFTER,),
        ("end",),
        backup=w.WithoutNewsOfDisputes,
        rules=(
            (answering_disputes, "_answer", r.answered_blindly),
            (answering_disputes, "_refused_unless_done", r.refused),
        ),
    ),
    Mutant(
        "periods_unversioned",
        w.PeriodsUnversioned,
        ("billed_twice",),
        (Fault.STALL_BEFORE,),
        ("end",),
    ),
    Mutant(
        "policy_unchecked",
        World,
        ("insisted",),
        (),
        ("end",),
        rules=((policy, "check", r.same),),
    ),
    Mutant(
        "caps_uncounted",
        World,
        ("insisted",),
        (),
        ("end",),
        rules=((charging, "caps_of", r.no_caps), (invoices, "caps_of", r.no_caps)),
    ),
    # --- After a restore --------------------------------------------------------------------------
    Mutant("restored_unheld", w.Unheld, ("core/restore",), (), ("I1", "I2", "I3"), backup=SetBack),
    Mutant(
        "released_unread",
        SetBack,
        ("core/restore",),
        (),
        ("I1", "I2", "I3", "I4"),
        backup=SetBack,
        rules=((restoring, "recover", r.none_at_all),),
    ),
)
