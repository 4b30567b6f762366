"""Form bodies and query strings as the SDK writes them: `a[b][0][c]=d`."""

from typing import Any
from urllib.parse import parse_qsl

from infra.local.fake_stripe.errors import Body


def decode(encoded: str) -> Body:
    """Nested parameters; every leaf is still text."""
    root: Body = {}
    for name, value in parse_qsl(encoded, keep_blank_values=True):
        path = name.replace("]", "").split("[")
        node = root
        for step in path[:-1]:
            node = node.setdefault(step, {})
        node[path[-1] or str(len(node))] = value
    return {name: _lists(value) for name, value in root.items()}


def _lists(node: Any) -> Any:
    """Objects whose keys count from zero are arrays; `a[]=x&a[]=y` counts by itself."""
    if not isinstance(node, dict):
        return node
    values = [_lists(value) for value in node.values()]
    if node and list(node) == [str(index) for index in range(len(node))]:
        return values
    return dict(zip(node, values, strict=True))
