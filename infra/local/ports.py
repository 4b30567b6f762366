"""Where everything listens locally: five ports in a row, moved together with DUECOURSE_PORT."""

from __future__ import annotations

import os
from dataclasses import dataclass, fields

from infra.local.emulator import free_port, port_is_free

FIRST = 4601


@dataclass(frozen=True)
class Ports:
    """All on 127.0.0.1; fixed, so that links in mails and bookmarks outlive a restart."""

    emulator: int
    mailbox: int
    smtp: int
    stripe: int
    issuer: int

    @classmethod
    def chosen(cls) -> Ports:
        first = int(os.environ.get("DUECOURSE_PORT", FIRST))
        return cls(*range(first, first + len(fields(cls))))

    @classmethod
    def free(cls) -> Ports:
        """Whatever is free right now; for tests, which may run beside a `make run`."""
        return cls(*(free_port() for _ in fields(cls)))

    def taken(self) -> list[str]:
        """Those somebody else listens on, by name and number."""
        every = {one.name: getattr(self, one.name) for one in fields(self)}
        return [f"{name} {port}" for name, port in every.items() if not port_is_free(port)]
