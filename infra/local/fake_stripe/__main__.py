"""`python -m infra.local.fake_stripe --port 12111`: Stripe on 127.0.0.1, until stopped."""

import argparse
import signal
import threading
import time
from pathlib import Path

from infra.local.fake_stripe.core import FakeStripe
from infra.local.fake_stripe.saving import load, save
from infra.local.fake_stripe.server import FakeStripeServer
from infra.local.fake_stripe.state import Options
from infra.local.fake_stripe.webhooks import Endpoint


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=12111)
    parser.add_argument("--webhook-url", default="", help="where events are posted")
    parser.add_argument("--webhook-secret", default="whsec_fake")
    parser.add_argument("--connect-webhook-secret", default=None)
    parser.add_argument("--state-file", type=Path, default=None)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--balance-transaction-lag", type=int, default=0)
    parser.add_argument("--checked", action="store_true", help="check against Stripe's schemas")
    parser.add_argument("--log", action="store_true", help="log each request")
    return parser.parse_args()


def main() -> None:
    given = arguments()
    options = Options(balance_transaction_lag=given.balance_transaction_lag)
    endpoints = []
    if given.webhook_url:
        endpoints = Endpoint.pair(
            given.webhook_secret, given.connect_webhook_secret, given.webhook_url
        )
    core = FakeStripe(
        lambda: int(time.time()),
        given.seed,
        options=options,
        checked=given.checked,
        endpoints=endpoints,
    )
    if given.state_file is not None:
        load(core, given.state_file)
    server = FakeStripeServer(core, given.port, log=given.log)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: threading.Thread(target=server.shutdown).start())
    server.start_pump()
    print(f"Stripe (a local imitation) on {server.url}", flush=True)
    server.serve_forever()
    server.server_close()
    if given.state_file is not None:
        save(core, given.state_file)


if __name__ == "__main__":
    main()
