"""One call of the API as a view gets it: by whom, on whose behalf, through which ports."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256

from chalicelib.api.context import Context
from chalicelib.domain.facts import Actor, ActorKind
from chalicelib.domain.team import Role
from chalicelib.ports import Ports
from chalicelib.ports.rows import PortalLink


@dataclass(frozen=True, slots=True)
class Incoming:
    """The request as it came; `path` has its ids in, `headers` ignore case."""

    method: str
    path: str
    parameters: Mapping[str, str]
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes
    reference: str
    address: str = ""  # the caller's, as API Gateway saw it


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenCall:
    """Anybody: health, the API's description, and webhooks, which prove themselves."""

    context: Context
    request: Incoming

    @property
    def ports(self) -> Ports:
        return self.context.ports


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyedCall(OpenCall):
    """`key` is the Idempotency-Key of a POST; `again` says that a run before this one broke off."""

    business_id: str
    key: str = ""
    again: bool = False

    @property
    def scope(self) -> str:
        """Whose keys these are, within the business."""
        return ""

    def id(self, prefix: str) -> str:
        """The id of what this call makes: the same whenever the same key is sent again."""
        name = f"{self.business_id}/{self.scope}/{self.key}/{prefix}"
        chance = base64.b32encode(sha256(name.encode()).digest()[:15]).decode().lower()
        return f"{prefix}_{chance}"


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffCall(KeyedCall):
    """A member of staff, or a system of the business's own, acting for one business."""

    user_id: str
    role: Role
    machine: bool = False

    @property
    def actor(self) -> Actor:
        return Actor(ActorKind.MACHINE if self.machine else ActorKind.STAFF, self.user_id)

    @property
    def reads_codes(self) -> bool:
        """Raw codes of banks and networks are for those who act on them."""
        return self.role is not Role.VIEWER


@dataclass(frozen=True, slots=True, kw_only=True)
class UserCall(KeyedCall):
    """Somebody signed in, for themselves: no business is acted for, and `business_id` is none."""

    user_id: str

    @property
    def actor(self) -> Actor:
        return Actor(ActorKind.STAFF, self.user_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class PortalCall(KeyedCall):
    """Somebody who holds a link of ours: its customer, as far as we can know."""

    link: PortalLink
    token: str

    @property
    def scope(self) -> str:
        return f"portal/{self.link.token_hash[:32]}"

    @property
    def actor(self) -> Actor:
        return Actor(ActorKind.CUSTOMER, self.link.customer_id)
