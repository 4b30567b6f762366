"""For operators, after the table was restored from a backup: hold all charging, see, release.

Holding needs the table only. Reconciliation, which runs every hour, then brings each business level
with Stripe and releases it; see docs/restore.md.

    python -m infra.restore --stack duecourse hold
    python -m infra.restore --stack duecourse status
    python -m infra.restore --stack duecourse release biz_1 --why "The payment was refunded by hand"
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence

from chalicelib.domain.errors import NotFound
from chalicelib.domain.facts import Actor, ActorKind
from chalicelib.ports import Ports
from chalicelib.services.businesses import every
from chalicelib.services.restoring import hold_after_restore, release


def run(ports: Ports, wanted: argparse.Namespace) -> int:
    """Do what the command line asks; the exit code."""
    match wanted.command:
        case "hold":
            held = hold_after_restore(ports)
            print(f"Charging is held: {held} businesses now, the others were already.")
            return 0
        case "status":
            held_ones = [one for one in every(ports) if one.is_held]
            for one in held_ones:
                print(f"{one.id} has been held since {one.charging_held_at}.")
            print(f"{len(held_ones)} businesses are held.")
            return 0
        case _:
            return _release(ports, wanted)


def _release(ports: Ports, wanted: argparse.Namespace) -> int:
    operator = Actor(ActorKind.STAFF, wanted.operator)
    try:
        released = release(ports, wanted.business, actor=operator, why=wanted.why)
    except NotFound:
        print(f"There is no business {wanted.business}.", file=sys.stderr)
        return 1
    print(f"{wanted.business} is {'released' if released else 'not held'}.")
    return 0


def parsed(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m infra.restore", description=__doc__)
    parser.add_argument("--stack", default="duecourse")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("hold", help="nothing is charged from now on")
    commands.add_parser("status", help="which businesses are held")
    releasing = commands.add_parser("release", help="let one business charge again")
    releasing.add_argument("business")
    releasing.add_argument("--why", required=True, help="kept in the audit trail")
    releasing.add_argument("--operator", default=os.environ.get("USER", "operator"))
    return parser.parse_args(arguments)


def ports_of(stack: str) -> Ports:
    """The stack's seams from here, with the operator's own credentials."""
    from chalicelib import wiring
    from chalicelib.adapters.aws import Clients
    from chalicelib.adapters.secrets import Secrets
    from chalicelib.config import settings_from
    from infra.deploy import DeployError, aws_target, describe

    target = aws_target()
    found = describe(target, stack)
    if found is None:
        raise DeployError(f"there is no stack {stack}")
    outputs = {one["OutputKey"]: one["OutputValue"] for one in found["Outputs"]}
    function = target.clients("lambda").get_function_configuration(
        FunctionName=outputs["APIHandlerName"]
    )
    known = settings_from(function["Environment"]["Variables"])
    aws = Clients(region=target.region, endpoint_url=target.endpoint_url or "")
    return wiring.ports_for(known, aws, Secrets(aws))


def main() -> None:
    wanted = parsed()
    sys.exit(run(ports_of(wanted.stack), wanted))


if __name__ == "__main__":
    main()
