"""The JSON edge: one blueprint per noun; `BLUEPRINTS` lists them with their URL prefixes."""

from __future__ import annotations

from chalicelib.api import health

BLUEPRINTS = (("/v1/health", health.routes),)
