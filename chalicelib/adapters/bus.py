"""Domain events on EventBridge: API Destinations and rules take them from there."""

from __future__ import annotations

import json
from collections.abc import Mapping

from chalicelib.adapters.aws import Clients, answered
from chalicelib.ports.answers import Unanswered

SOURCE = "duecourse"


class EventBridgeBus:
    """Receivers may see an event twice; its detail says which fact it tells of."""

    def __init__(self, clients: Clients, bus_name: str) -> None:
        self._clients = clients
        self._bus_name = bus_name

    def publish(self, name: str, detail: Mapping[str, object]) -> None:
        entry = {
            "Source": SOURCE,
            "DetailType": name,
            "Detail": json.dumps(dict(detail), ensure_ascii=False, sort_keys=True),
            "EventBusName": self._bus_name,
        }
        with answered(f"publish {name}"):
            reply = self._clients("events").put_events(Entries=[entry])
        if reply["FailedEntryCount"]:
            # The call succeeds although the entry did not.
            raise Unanswered(f"publish {name}: {reply['Entries'][0].get('ErrorCode')}")
