"""Which customer a row of a file means: by reference, by name, by e-mail address."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from chalicelib.domain.customer import Customer
from chalicelib.domain.errors import InvalidInput
from chalicelib.domain.imports.customers import key_of
from chalicelib.ports import Ports


class CustomerBook:
    """The business's customers, read once for a slice of an import."""

    def __init__(self, ports: Ports, business_id: str) -> None:
        self._by: dict[str, dict[str, list[Customer]]] = {
            "ref": defaultdict(list), "name": defaultdict(list), "email": defaultdict(list),
        }  # fmt: skip
        for customer in _customers(ports, business_id):
            self.note(customer)

    def note(self, customer: Customer) -> None:
        """One more; what it was called before is forgotten."""
        for known in self._by.values():
            for same in known.values():
                same[:] = [one for one in same if one.id != customer.id]
        self._by["ref"][key_of(customer.external_ref)].append(customer)
        self._by["name"][key_of(customer.name)].append(customer)
        self._by["email"][customer.email.casefold()].append(customer)

    def named(self, name: str) -> list[Customer]:
        return self._by["name"].get(key_of(name), [])

    def the_one(self, *, name: str, email: str, ref: str) -> Customer:
        """Raises InvalidInput when the row does not name exactly one customer."""
        found: list[Customer] = []
        if ref:
            found = self._by["ref"].get(key_of(ref), [])
        elif name:
            found = self.named(name)
        if not ref and email and (not name or len(found) > 1):
            found = [
                one
                for one in self._by["email"].get(email.casefold(), [])
                if not name or key_of(one.name) == key_of(name)
            ]
        if len(found) != 1:
            said = f"has the reference {ref!r}" if ref else f"is called {name or email!r}"
            words = f"No one customer {said}; import the customers first."
            raise InvalidInput("customer_unknown", words)
        return found[0]


def _customers(ports: Ports, business_id: str) -> Iterator[Customer]:
    cursor = None
    while True:
        page = ports.store.customers(business_id, limit=200, cursor=cursor)
        yield from page.items
        cursor = page.cursor
        if cursor is None:
            return
