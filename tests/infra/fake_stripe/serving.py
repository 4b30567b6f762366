"""The fake on a real port, and a webhook receiver, for tests that need a socket."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import stripe

from infra.local.fake_stripe import FakeStripe
from infra.local.fake_stripe.server import FakeStripeServer
from tests.infra.fake_stripe.bench import SECRET, Bench, Ticking


class Served(Bench):
    """The SDK over HTTP to a served fake."""

    def __init__(self, server: FakeStripeServer) -> None:
        self.core = server.core
        self.server = server
        self.url = server.url
        super().__init__(
            stripe.StripeClient(
                SECRET,
                base_addresses={"api": self.url, "connect": self.url, "files": self.url},
                max_network_retries=0,
            )
        )


@contextmanager
def serving(*, checked: bool = True) -> Iterator[Served]:
    clock = Ticking()
    server = FakeStripeServer(FakeStripe(clock, checked=checked, endpoints=[]))
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}).start()
    try:
        yield Served(server)
    finally:
        server.shutdown()
        server.server_close()


class Receiver(ThreadingHTTPServer):
    """Answers each webhook with the next of `answers`, 200 when they are used up."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Receiving)
        self.answers: list[int] = []
        self.got: list[tuple[bytes, str]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/webhooks"


class _Receiving(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.got.append((body, self.headers["Stripe-Signature"]))
        self.send_response(self.server.answers.pop(0) if self.server.answers else 200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Quiet."""


@contextmanager
def receiving() -> Iterator[Receiver]:
    receiver = Receiver()
    threading.Thread(target=receiver.serve_forever, kwargs={"poll_interval": 0.01}).start()
    try:
        yield receiver
    finally:
        receiver.shutdown()
        receiver.server_close()
