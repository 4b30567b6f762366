"""The one logger and the one metrics sink, and the rule of what may be logged: ids and codes.

Nothing a person typed, no address, name, token or secret enters a log line. `log_event` is the way
to write one: it lets through known keys only, and under them only values shaped like an id, a code
or a number. The logger's formatter masks again, for lines written by libraries.
"""

from __future__ import annotations

import re
import warnings
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.logging.formatter import LambdaPowertoolsFormatter

if TYPE_CHECKING:
    import logging

SERVICE = "duecourse"
NAMESPACE = "Duecourse"
MASK = "***"

# What names a thing without telling who somebody is. Everything else is masked.
LOGGED_KEYS = frozenset({
    "action", "amount", "attempt", "business_id", "code", "count", "currency", "customer_id",
    "duration_ms", "effect_id", "error_type", "event_id", "event_type", "fact_id", "function",
    "invoice_id", "message_id", "method", "outcome", "payment_id", "path_template", "queue",
    "reason_code", "request_id", "seconds", "status", "stripe_id", "subscription_id", "version",
})  # fmt: skip
_ID_OR_CODE = re.compile(r"[A-Za-z0-9_.:/{}#\-]{1,128}")
# Shapes that must never be printed, whoever printed them.
_SECRET = re.compile(
    r"""
      [\w.+-]+@[\w-]+\.[\w.-]+                          # a mail address
    | \b(?:sk|rk|pk)_(?:live|test)_\w+                  # a Stripe key
    | \bwhsec_\w+                                       # a webhook secret
    | \b(?:pi|seti|src)_\w+_secret_\w+                  # a client secret
    | \beyJ[\w-]+\.[\w-]+\.[\w-]*                       # a signed token
    | (?<![\w-])\d(?:[ -]?\d){12,18}(?![\w-])           # a card number
    | (?<=[?&]token=)[^&\s"]+                           # a link's token
    | (?<=/pay/)[\w-]{20,} | (?<=/portal/)[\w-]{20,}    # a link's token in its path
    """,
    re.VERBOSE | re.IGNORECASE,
)

# A request without a metric is normal; Powertools' warning about each is noise.
warnings.filterwarnings("ignore", message="No application metrics to publish")


def masked(text: str) -> str:
    return _SECRET.sub(MASK, text)


class MaskingFormatter(LambdaPowertoolsFormatter):
    """Powertools' JSON line with secret shapes masked, in exceptions and library lines too."""

    def format(self, record: logging.LogRecord) -> str:
        return masked(super().format(record))


logger = Logger(service=SERVICE, logger_formatter=MaskingFormatter(utc=True, use_rfc3339=True))
metrics = Metrics(namespace=NAMESPACE, service=SERVICE)


def safe_fields(fields: dict[str, Any]) -> dict[str, Any]:
    """The fields as they may be logged: known keys, and values that are ids, codes or numbers."""
    return {key: _safe_value(key, value) for key, value in fields.items()}


def _safe_value(key: str, value: Any) -> Any:
    if key not in LOGGED_KEYS:
        return MASK
    if value is None or isinstance(value, bool | int):
        return value
    text = str(value)
    return masked(text) if _ID_OR_CODE.fullmatch(text) else MASK


def log_event(what: str, **fields: Any) -> None:
    """One line: what happened, in a word or two we wrote, and which ids it happened to."""
    logger.info(what, extra=safe_fields(fields), stacklevel=3)


def log_failure(what: str, error: BaseException, **fields: Any) -> None:
    """A failure with its class and stable code, never its words: those may quote a customer."""
    told = fields | {"error_type": type(error).__name__, "code": getattr(error, "code", None)}
    logger.error(what, extra=safe_fields(told), stacklevel=3)


def count(name: str, value: int = 1) -> None:
    metrics.add_metric(name=name, unit="Count", value=value)
