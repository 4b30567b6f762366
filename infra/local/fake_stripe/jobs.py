"""What happens by itself when its time comes."""

from collections.abc import Callable
from typing import Any, Final

from infra.local.fake_stripe import charges, checkout, debits, disputes, payouts, refunds
from infra.local.fake_stripe.state import NOBODY, State

_JOBS: Final[dict[str, Callable[..., Any]]] = {
    "charges.settle": charges.settle_late,
    "checkout.expire": checkout.expire,
    "debits.finish": debits.finish,
    "disputes.conclude": disputes.conclude_late,
    "disputes.lapse": disputes.lapse,
    "payouts.create": payouts.create,
    "payouts.send": payouts.send,
    "payouts.reconcile": payouts.reconcile,
    "payouts.arrive": payouts.arrive,
    "payouts.fail": payouts.fail,
    "refunds.finish": refunds.finish,
}


def run_due(state: State) -> None:
    if not state.jobs or state.jobs[0].at > state.now:
        return
    before, state.request = state.request, NOBODY
    for job in state.due():
        with state.pinned(job.at):
            _JOBS[job.name](state, state.accounts[job.account], *job.arguments)
    state.request = before
