"""The webhook pump of the served fake: posts what is due until somebody answers 2xx."""

import urllib.error
import urllib.request
from threading import Event, Lock, Thread
from typing import Final

from infra.local.fake_stripe.core import FakeStripe
from infra.local.fake_stripe.webhooks import Delivery

_PAUSE_SECONDS: Final = 0.25
_TIMEOUT_SECONDS: Final = 30
_OK: Final = range(200, 300)


class Pump:
    """Delivers in order, one at a time; a deaf endpoint is tried again on the fake's clock."""

    def __init__(self, core: FakeStripe) -> None:
        self.paused = False
        self._core = core
        self._stopping = Event()
        self._turn = Lock()
        self._thread = Thread(target=self._run, name="webhook-pump", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        while not self._stopping.wait(_PAUSE_SECONDS):
            if not self.paused:
                self.deliver_due()

    def deliver_due(self) -> int:
        """Post everything due now; how many were taken."""
        with self._turn:
            taken = 0
            for delivery in self._core.deliveries():
                if delivery.endpoint.url and not self._stopping.is_set():
                    taken += self._deliver(delivery)
            return taken

    def _deliver(self, delivery: Delivery) -> bool:
        ok = self._post(delivery)
        with self._core.lock:
            if ok:
                self._core.webhooks.acknowledge(delivery)
            else:
                self._core.webhooks.fail(delivery)
        return ok

    def _post(self, delivery: Delivery) -> bool:
        request = urllib.request.Request(  # noqa: S310 -- the operator's own URL
            delivery.endpoint.url,
            data=delivery.body,
            headers={
                "Content-Type": "application/json; charset=utf-8",
                "Stripe-Signature": self._core.webhooks.header(delivery),
                "User-Agent": "Stripe/1.0 (a local imitation)",
            },
        )
        try:
            with urllib.request.urlopen(request, timeout=_TIMEOUT_SECONDS) as answer:  # noqa: S310
                return answer.status in _OK
        except (urllib.error.URLError, OSError):
            return False
