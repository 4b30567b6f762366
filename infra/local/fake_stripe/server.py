"""The fake behind HTTP on 127.0.0.1: Stripe's API, its hosted pages and the control routes."""

import json
from collections.abc import Mapping
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from time import sleep
from typing import Final
from urllib.parse import parse_qsl, urlsplit

from infra.local.fake_stripe import control, html, pages
from infra.local.fake_stripe.checks import DishonestFakeError
from infra.local.fake_stripe.core import FakeStripe
from infra.local.fake_stripe.errors import FakeStripeRefusal, LostReply
from infra.local.fake_stripe.pump import Pump

HOST: Final = "127.0.0.1"


class FakeStripeServer(ThreadingHTTPServer):
    """One core, one pump, any number of connections."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, core: FakeStripe, port: int = 0, *, log: bool = False) -> None:
        super().__init__((HOST, port), _Conversation)
        self.core = core
        self.log = log
        self.pump = Pump(core)
        core.on_slow = sleep
        core.state.options = replace(core.state.options, base_url=self.url)

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self.server_address[1]}"

    def start_pump(self) -> None:
        self.pump.start()

    def server_close(self) -> None:
        self.pump.stop()
        super().server_close()


class _Conversation(BaseHTTPRequestHandler):
    """One connection. Each answer leaves in one write: with Nagle's algorithm and a write per
    header a call takes 45 ms."""

    server: FakeStripeServer
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1
    timeout = 120

    def _serve(self) -> None:
        path = urlsplit(self.path).path
        raw = self._sent()
        try:
            if path.startswith("/v1/"):
                self._api(raw)
            elif path.startswith("/_control/"):
                self._control(path.removeprefix("/_control/"), raw.decode())
            elif path == "/_health":
                self._json(200, {"ok": True})
            else:
                self._page(path, raw.decode())
        except LostReply:
            self.close_connection = True
        except (FakeStripeRefusal, DishonestFakeError) as refusal:
            words = f"{type(refusal).__name__}: {refusal}\n"
            self._send(501, words, {"Content-Type": "text/plain"})

    do_GET = do_POST = do_DELETE = _serve  # noqa: N815 -- the base class's names

    def _sent(self) -> bytes:
        return self.rfile.read(int(self.headers.get("Content-Length") or 0))

    def _api(self, sent: bytes) -> None:
        headers = dict(self.headers.items())
        body, status, answered = self.server.core.handle(
            self.command, self.path, headers, sent or None
        )
        self._send(status, body, answered)

    def _control(self, name: str, sent: str) -> None:
        wish = None if self.command == "GET" else json.loads(sent or "{}")
        status, answer = control.answer(self.server.core, self.server.pump, name, wish)
        self._json(status, answer)

    def _page(self, path: str, sent: str) -> None:
        form = dict(parse_qsl(sent)) if self.command == "POST" else None
        answer = pages.answer(self.server.core, path, form)
        extra = {"Location": answer.location} if answer.location else {}
        self._send(answer.status, answer.body, {**html.HEADERS, **extra})

    def _json(self, status: int, body: object) -> None:
        self._send(status, json.dumps(body), {"Content-Type": "application/json"})

    def _send(self, status: int, body: str, headers: Mapping[str, str]) -> None:
        content = body.encode()
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)
        self.wfile.flush()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 -- the base's name
        if self.server.log:
            super().log_message(format, *args)
