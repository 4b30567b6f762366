"""Pages for people: `PAGES` lists their blueprints with URL prefixes, as `api.BLUEPRINTS` does."""

from __future__ import annotations

from chalicelib.web import portal

PAGES = (("/portal", portal.routes),)
