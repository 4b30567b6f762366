"""Table of contents: the middleware, the routes, and every Lambda that is no route.

A Lambda declared in a blueprint would be imported without this file and so run without its
middleware; therefore all of them stand here. Each calls `chalicelib.entry`, imported when it runs,
because every function of the package imports this file and cold starts pay for all it imports.
Queue and stream ARNs are placeholders: `infra/resources.yaml` puts the real ones in.
"""

from __future__ import annotations

from typing import Any

from chalice.app import Chalice, ConvertToMiddleware, Rate

from chalicelib.api import BLUEPRINTS
from chalicelib.batch import Answer, handle_messages, handle_stream
from chalicelib.observability import logger, metrics
from chalicelib.web import PAGES

# Chalice and Powertools would otherwise both print each line: they share one stdlib logger.
app = Chalice(app_name="duecourse", configure_logs=False)
app.register_middleware(ConvertToMiddleware(logger.inject_lambda_context(clear_state=True)))
app.register_middleware(ConvertToMiddleware(metrics.log_metrics(capture_cold_start_metric=True)))
for prefix, routes in (*BLUEPRINTS, *PAGES):
    app.register_blueprint(routes, url_prefix=prefix)

PLACEHOLDER_QUEUE = "arn:aws:sqs:eu-west-1:000000000000:placeholder"
PLACEHOLDER_STREAM = "arn:aws:dynamodb:eu-west-1:000000000000:table/placeholder/stream/0"


@app.schedule(Rate(1, unit=Rate.HOURS), name="bill_due_subscriptions")
def bill_due_subscriptions(_event: Any) -> None:
    from chalicelib import entry

    entry.bill_due()


@app.schedule(Rate(15, unit=Rate.MINUTES), name="sweep_due")
def sweep_due(_event: Any) -> None:
    from chalicelib import entry

    entry.sweep()


@app.schedule(Rate(1, unit=Rate.HOURS), name="reconcile")
def reconcile(_event: Any) -> None:
    from chalicelib import entry

    entry.reconcile()


@app.schedule(Rate(1, unit=Rate.HOURS), name="send_reminders")
def send_reminders(_event: Any) -> None:
    from chalicelib import entry

    entry.send_reminders()


@app.on_sqs_message(queue_arn=PLACEHOLDER_QUEUE, batch_size=5, name="dunning_worker")
def dunning_worker(event: Any) -> Answer:
    from chalicelib import entry

    return handle_messages(event, entry.run_step_message, "dunning")


@app.on_sqs_message(queue_arn=PLACEHOLDER_QUEUE, batch_size=5, name="stripe_event_worker")
def stripe_event_worker(event: Any) -> Answer:
    from chalicelib import entry

    return handle_messages(event, entry.apply_stripe_event_message, "stripe_events")


@app.on_sqs_message(queue_arn=PLACEHOLDER_QUEUE, batch_size=5, name="billing_worker")
def billing_worker(event: Any) -> Answer:
    from chalicelib import entry

    return handle_messages(event, entry.billing_message, "billing")


@app.on_dynamodb_record(
    stream_arn=PLACEHOLDER_STREAM,
    batch_size=10,
    starting_position="TRIM_HORIZON",
    name="effects_worker",
)
def effects_worker(event: Any) -> Answer:
    from chalicelib import entry

    return handle_stream(event, entry.deliver_stream_record, "effects")
