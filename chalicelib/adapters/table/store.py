"""The store on DynamoDB: all parts in one object, as `ports.store.Store` asks for it."""

from __future__ import annotations

from chalicelib.adapters.table.effects import Effects
from chalicelib.adapters.table.listing import Listing
from chalicelib.adapters.table.reading import Reading
from chalicelib.adapters.table.side_rows import SideRows
from chalicelib.adapters.table.writing import Writing


class DynamoStore(Writing, Reading, Listing, Effects, SideRows):
    """One table; see docs/decisions/0011-one-table.md for what each question costs."""
