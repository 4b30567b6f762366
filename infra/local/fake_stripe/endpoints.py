"""What an endpoint is handed, and how endpoints are declared."""

from collections.abc import Callable
from dataclasses import dataclass, field

from infra.local.fake_stripe.errors import Body
from infra.local.fake_stripe.parameters import Spec
from infra.local.fake_stripe.state import Account, State


@dataclass(slots=True)
class Request:
    """One call, after its form was read: who asks, in which account, with what."""

    state: State
    account: Account
    params: Body
    ids: tuple[str, ...] = ()

    @property
    def id(self) -> str:
        return self.ids[0]


Endpoint = Callable[[Request], Body]


@dataclass(frozen=True, slots=True)
class Route:
    """An endpoint: its name (`noun.verb`, used by fault plans), its code, its parameters.

    `money` marks calls that move money or stop it: they must carry our own idempotency key.
    """

    name: str
    run: Endpoint
    accepts: Spec = field(default_factory=dict)
    money: bool = False


Routes = dict[str, Route]
