"""What a freshly started local stack already holds, so that every page has something to show."""

from __future__ import annotations

from collections.abc import Mapping


def load_sample_data(outputs: Mapping[str, str]) -> None:
    """Called by `make run` once the stack answers; `outputs` are the stack's, by name."""
