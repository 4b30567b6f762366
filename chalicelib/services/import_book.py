"""Which customer a row of a file means: by reference, by name, by e-mail address.

Asked of the search's index, a row at a time: a file of ten rows reads no list of ten thousand
customers. What this run has made itself is known at once, whatever the index lags.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from functools import partial

from chalicelib.domain.customer import Customer
from chalicelib.domain.errors import InvalidInput
from chalicelib.domain.facts import Subject
from chalicelib.domain.finding import What, cut, words_of_name
from chalicelib.domain.imports.customers import key_of
from chalicelib.ports import Ports
from chalicelib.ports.answers import all_of

# More customers with one word in their names than this, and another word of the name is tried.
_MANY = 100


class CustomerBook:
    """The business's customers, as one run of an import looks them up."""

    def __init__(self, ports: Ports, business_id: str) -> None:
        self._ports, self._business_id = ports, business_id
        self._own: dict[str, Customer] = {}
        self._own_names: dict[str, set[str]] = defaultdict(set)
        self._would_be: set[str] = set()

    def note(self, customer: Customer, *, would_be: bool = False) -> None:
        """Made or changed by this run; or it would be, were it no dry run."""
        self._own[customer.id] = customer
        self._own_names[key_of(customer.name)].add(customer.id)
        if would_be:
            self._would_be.add(customer.id)

    def id_of(self, customer: Customer) -> str:
        """Empty for one that is not there yet."""
        return "" if customer.id in self._would_be else customer.id

    def read(self, customer_id: str) -> Customer:
        """As this run has left it, or would have."""
        own = self._own.get(customer_id)
        return own or self._ports.store.customer(self._business_id, customer_id)

    def named(self, name: str) -> list[Customer]:
        wanted = key_of(name)
        own = [self._own[one] for one in sorted(self._own_names.get(wanted, ()))]
        return self._some(
            sorted(words_of_name(name), key=len, reverse=True),
            What.CUSTOMER_NAME,
            lambda one: key_of(one.name) == wanted,
            own,
        )

    def the_one(self, *, name: str, email: str, ref: str) -> Customer:
        """Raises InvalidInput when the row does not name exactly one customer."""
        found: list[Customer] = []
        if ref:
            found = self._some([cut(ref)], What.REFERENCE, lambda one: _same(one.external_ref, ref))
        elif name:
            found = self.named(name)
        if not ref and email and (not name or len(found) > 1):
            found = [
                one
                for one in self._with_email(email)
                if not name or key_of(one.name) == key_of(name)
            ]
        if len(found) != 1:
            said = f"has the reference {ref!r}" if ref else f"is called {name or email!r}"
            words = f"No one customer {said}; import the customers first."
            raise InvalidInput("customer_unknown", words)
        return found[0]

    def _with_email(self, email: str) -> list[Customer]:
        return self._some([cut(email)], What.EMAIL, lambda one: _same(one.email, email))

    def _some(
        self,
        words: list[str],
        what: What,
        fits: Callable[[Customer], bool],
        own: Sequence[Customer] | None = None,
    ) -> list[Customer]:
        """Those who fit, found by the first of the words that not too many have. `own`: the only
        ones of this run that may."""
        for word in words:
            hits = self._ports.store.found(self._business_id, word, limit=_MANY)
            if len(hits) < _MANY:
                ids = {
                    hit.subject_id: None
                    for hit in hits
                    if (hit.word, hit.what, hit.subject) == (word, what, Subject.CUSTOMER)
                }
                return self._fitting(ids, fits, own)
        return [one for one in self._everybody() if fits(one)]

    def _fitting(
        self,
        ids: dict[str, None],
        fits: Callable[[Customer], bool],
        own: Sequence[Customer] | None,
    ) -> list[Customer]:
        store = self._ports.store
        read = {one: store.customer(self._business_id, one) for one in ids if one not in self._own}
        mine = self._own.values() if own is None else own
        return [one for one in (*read.values(), *mine) if fits(one)]

    def _everybody(self) -> Iterator[Customer]:
        yield from self._own.values()
        known = all_of(partial(self._ports.store.customers, self._business_id, limit=100))
        yield from (one for one in known if one.id not in self._own)


def _same(one: str, other: str) -> bool:
    return one.casefold() == other.casefold()
