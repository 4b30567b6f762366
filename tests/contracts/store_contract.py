"""The store's contract, part one: what is written, by whom, and who is refused."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from chalicelib.domain.errors import BrokenRecord, NotFound
from chalicelib.domain.facts import Subject, chain_is_whole
from chalicelib.ports.answers import FactExists, StaleHead
from chalicelib.ports.rows import (
    Change,
    NetworkTry,
    NumberRange,
    ReleasedClaim,
    Series,
    UniqueClaim,
)
from chalicelib.ports.store import Store
from tests.contracts import store_samples as a


def numbers(first: int, count: int = 1) -> NumberRange:
    return NumberRange(a.BIZ, first, count)


def reference(owner: str, value: str = "wire-1", business_id: str = a.BIZ) -> UniqueClaim:
    return UniqueClaim(business_id, "reference", value, owner)


def network_try(attempt: str, minute: int, fingerprint: str = "fp_1") -> NetworkTry:
    return NetworkTry(a.BIZ, fingerprint, 8900, "USD", a.minutes(minute), attempt)


Rival = tuple[Change, list[NumberRange]]


class AppendContract:
    """Subclasses give the fixture `store`."""

    def test_what_was_written_is_read_back(self, store: Store) -> None:
        made = [a.new_business(), a.new_customer(), a.new_subscription(), a.new_invoice()]
        for change in made:
            store.append([change])
        business, customer, subscription, invoice = (change.head for change in made)
        assert store.business(a.BIZ) == business
        assert store.customer(a.BIZ, a.CUS) == customer
        assert store.subscription(a.BIZ, "sub_1") == subscription
        assert store.invoice(a.BIZ, "inv_1") == invoice

    def test_the_history_is_whole_and_in_order(self, store: Store) -> None:
        changes = [a.new_invoice()]
        for number in range(11):  # ten and more: text would sort 10 before 2
            changes.append(a.held(changes[-1], f"reason {number}"))
        for change in changes:
            store.append([change])
        facts = store.facts(a.BIZ, Subject.INVOICE, "inv_1")
        assert facts == [change.fact for change in changes]
        assert chain_is_whole(facts)

    @pytest.mark.parametrize("subject_id", ["inv_2", "inv_1#x", "@x"])
    def test_what_is_not_there_is_not_found(self, store: Store, subject_id: str) -> None:
        store.append([a.new_invoice()])
        with pytest.raises(NotFound):
            store.invoice(a.BIZ, subject_id)
        with pytest.raises(NotFound):
            store.facts(a.BIZ, Subject.INVOICE, subject_id)

    def test_another_business_finds_nothing(self, store: Store) -> None:
        store.append([a.new_invoice()])
        with pytest.raises(NotFound):
            store.invoice(a.OTHER_BIZ, "inv_1")
        with pytest.raises(NotFound):
            store.facts(a.OTHER_BIZ, Subject.INVOICE, "inv_1")

    def test_one_append_writes_all_of_several_subjects(self, store: Store) -> None:
        first, second, customer = a.new_invoice("inv_1"), a.new_invoice("inv_2"), a.new_customer()
        store.append([first, second, customer])
        assert store.invoice(a.BIZ, "inv_2") == second.head
        assert store.customer(a.BIZ, a.CUS) == customer.head

    def test_several_facts_of_one_subject_in_one_append(self, store: Store) -> None:
        created = a.new_invoice()
        hold = a.held(created, "wait")
        store.append([created, hold])
        assert store.invoice(a.BIZ, "inv_1") == hold.head
        assert store.facts(a.BIZ, Subject.INVOICE, "inv_1") == [created.fact, hold.fact]

    def test_facts_with_a_gap_between_them_are_refused(self, store: Store) -> None:
        created = a.new_invoice()
        third = a.held(a.held(created, "one"), "two")
        with pytest.raises(StaleHead):
            store.append([created, third])

    def test_a_refusal_writes_nothing(self, store: Store) -> None:
        created = a.new_invoice()
        store.append([created])
        newer = a.held(created, "first")
        store.append([newer])
        with pytest.raises(StaleHead):
            store.append(
                [a.new_customer(), a.paid(created, "w1")],
                side=[numbers(1), reference("inv_1"), network_try("pay_1/1", 0)],
            )
        with pytest.raises(NotFound):
            store.customer(a.BIZ, a.CUS)
        assert store.invoice(a.BIZ, "inv_1") == newer.head
        assert store.next_number(a.BIZ) == 1
        assert store.owner_of(a.BIZ, "reference", "wire-1") is None
        assert store.network_tries(a.BIZ, "fp_1", 8900, "USD", since=a.NOON) == []

    def test_a_repeat_of_our_own_write_is_a_success(self, store: Store) -> None:
        created = a.new_invoice()
        store.append([created], side=[numbers(1, 3)])
        store.append([created], side=[numbers(1, 3)])
        hold = a.held(created, "later")
        store.append([hold])
        store.append([created], side=[numbers(1, 3)])  # even when others have gone on
        assert store.invoice(a.BIZ, "inv_1") == hold.head
        assert store.next_number(a.BIZ) == 4

    def test_who_comes_second_to_a_place_decides_again(self, store: Store) -> None:
        created = a.new_invoice()
        store.append([created])
        store.append([a.held(created, "mine")])
        with pytest.raises(StaleHead):
            store.append([a.held(created, "theirs")])

    def test_who_comes_second_to_an_outside_object_is_told(self, store: Store) -> None:
        created = a.new_invoice()
        store.append([created])
        store.append([a.paid(created, "w1", by="usr_1")])
        with pytest.raises(FactExists) as refusal:
            store.append([a.paid(created, "w1", by="usr_2")])
        assert refusal.value.key == "external/w1"

    def test_a_recorded_object_stays_recorded_after_more_has_happened(self, store: Store) -> None:
        created = a.new_invoice()
        first = a.paid(created, "w1", by="usr_1")
        store.append([created, first, a.held(first, "later")])
        current = store.invoice(a.BIZ, "inv_1")
        again = a.paid(Change(current, first.fact), "w1", by="usr_2")
        with pytest.raises(FactExists):
            store.append([again])
        assert store.invoice(a.BIZ, "inv_1") == current

    def test_creating_twice_is_refused(self, store: Store) -> None:
        store.append([a.new_customer()])
        with pytest.raises(FactExists):
            store.append([a.new_customer(name="Bob")])

    def test_a_head_that_is_not_its_facts_is_refused(self, store: Store) -> None:
        created = a.new_invoice()
        foreign = a.new_invoice(business_id=a.OTHER_BIZ)
        for wrong in (
            Change(foreign.head, created.fact),
            Change(a.new_customer().head, created.fact),
            Change(a.held(created, "x").head, created.fact),
        ):
            with pytest.raises(BrokenRecord):
                store.append([wrong])

    def test_more_than_one_transaction_holds_is_refused(self, store: Store) -> None:
        many = [a.new_invoice(f"inv_{number}") for number in range(50)]
        with pytest.raises(BrokenRecord):
            store.append(many, side=[numbers(1, 50)])
        store.append(many[:49], side=[numbers(1, 49)])
        assert store.next_number(a.BIZ) == 50
        assert store.invoice(a.BIZ, "inv_48") == many[48].head


class SideRowContract:
    def test_numbers_are_taken_once_and_without_a_gap(self, store: Store) -> None:
        assert store.next_number(a.BIZ) == 1
        store.append([a.new_invoice("inv_1")], side=[numbers(1)])
        store.append([a.new_invoice("inv_2")], side=[numbers(2, 5)])
        assert store.next_number(a.BIZ) == 7
        for taken in (1, 2, 6):
            with pytest.raises(StaleHead):
                store.append([a.new_invoice("inv_3")], side=[numbers(taken)])
        assert store.next_number(a.OTHER_BIZ) == 1

    def test_credit_notes_have_numbers_of_their_own(self, store: Store) -> None:
        store.append([a.new_invoice("inv_1")], side=[numbers(1)])
        note = NumberRange(a.BIZ, 1, 1, Series.CREDIT_NOTE)
        store.append([a.new_invoice("inv_2")], side=[note, numbers(2)])
        assert store.next_number(a.BIZ, Series.CREDIT_NOTE) == 2
        assert store.next_number(a.BIZ) == 3
        with pytest.raises(StaleHead):
            store.append([a.new_invoice("inv_3")], side=[note])
        assert store.next_number(a.OTHER_BIZ, Series.CREDIT_NOTE) == 1

    def test_numbers_may_begin_later(self, store: Store) -> None:
        store.append([a.new_invoice()], side=[numbers(1000)])
        assert store.next_number(a.BIZ) == 1001

    def test_a_claim_has_one_owner(self, store: Store) -> None:
        store.append([a.new_invoice("inv_1")], side=[reference("inv_1")])
        assert store.owner_of(a.BIZ, "reference", "wire-1") == "inv_1"
        with pytest.raises(FactExists) as refusal:
            store.append([a.new_invoice("inv_2")], side=[reference("inv_2")])
        assert refusal.value.key == "reference/wire-1"
        with pytest.raises(NotFound):
            store.invoice(a.BIZ, "inv_2")

    def test_an_owner_may_claim_again(self, store: Store) -> None:
        store.append([], side=[reference("inv_1")])
        store.append([a.new_invoice("inv_1")], side=[reference("inv_1")])
        assert store.owner_of(a.BIZ, "reference", "wire-1") == "inv_1"

    def test_a_released_claim_is_anybodys(self, store: Store) -> None:
        store.append([], side=[reference("inv_1")])
        store.append([], side=[ReleasedClaim(a.BIZ, "reference", "wire-1", "inv_1")])
        assert store.owner_of(a.BIZ, "reference", "wire-1") is None
        store.append([], side=[reference("inv_2")])
        assert store.owner_of(a.BIZ, "reference", "wire-1") == "inv_2"

    def test_only_its_owner_releases_a_claim(self, store: Store) -> None:
        store.append([], side=[reference("inv_1")])
        with pytest.raises(FactExists) as refusal:
            store.append([], side=[ReleasedClaim(a.BIZ, "reference", "wire-1", "inv_2")])
        assert refusal.value.key == "reference/wire-1"
        assert store.owner_of(a.BIZ, "reference", "wire-1") == "inv_1"

    def test_claims_are_a_business_own(self, store: Store) -> None:
        store.append([], side=[reference("inv_1")])
        store.append([], side=[reference("inv_9", business_id=a.OTHER_BIZ)])
        assert store.owner_of(a.BIZ, "reference", "wire-1") == "inv_1"
        assert store.owner_of(a.OTHER_BIZ, "reference", "wire-1") == "inv_9"
        assert store.owner_of(a.BIZ, "import", "wire-1") is None

    def test_tries_are_counted_by_attempt(self, store: Store) -> None:
        store.append([], side=[network_try("pay_1/1", 1), network_try("pay_2/1", 5)])
        store.append([], side=[network_try("pay_1/1", 1)])
        store.append([], side=[network_try("pay_3/1", 3), network_try("pay_3/1", 3, "fp_2")])
        tries = store.network_tries(a.BIZ, "fp_1", 8900, "USD", since=a.NOON)
        assert tries == [a.minutes(1), a.minutes(3), a.minutes(5)]
        recent = store.network_tries(a.BIZ, "fp_1", 8900, "USD", since=a.minutes(3))
        assert recent == [a.minutes(3), a.minutes(5)]
        assert store.network_tries(a.BIZ, "fp_1", 8900, "EUR", since=a.NOON) == []
        assert store.network_tries(a.OTHER_BIZ, "fp_1", 8900, "USD", since=a.NOON) == []

    def test_an_account_belongs_to_one_business(self, store: Store) -> None:
        store.append([a.new_business(a.BIZ, account="acct_1")])
        assert store.business_of_account("acct_1") == a.BIZ
        assert store.business_of_account("acct_2") is None
        with pytest.raises(FactExists):
            store.append([a.new_business(a.OTHER_BIZ, account="acct_1")])


class ConcurrencyContract:
    """Threads that all want the same: exactly one gets it."""

    THREADS = 8

    def _race(self, store: Store, wanted: list[Rival]) -> list[str]:
        def run(one: Rival) -> str:
            try:
                store.append([one[0]], side=one[1])
            except (StaleHead, FactExists) as refusal:
                return type(refusal).__name__
            return "won"

        with ThreadPoolExecutor(self.THREADS) as pool:
            return sorted(pool.map(run, wanted))

    def test_one_step_has_one_winner(self, store: Store) -> None:
        created = a.new_invoice()
        store.append([created])
        rivals: list[Rival] = [
            (a.held(created, f"by {number}"), []) for number in range(self.THREADS)
        ]
        assert self._race(store, rivals) == ["StaleHead"] * (self.THREADS - 1) + ["won"]
        winner = store.facts(a.BIZ, Subject.INVOICE, "inv_1")[-1]
        head = store.invoice(a.BIZ, "inv_1")
        assert (head.version, head.chain) == (2, winner.hash)

    def test_one_outside_object_is_recorded_once(self, store: Store) -> None:
        created = a.new_invoice()
        store.append([created])
        rivals: list[Rival] = [
            (a.paid(created, "w1", by=f"usr_{n}"), []) for n in range(self.THREADS)
        ]
        assert self._race(store, rivals) == ["FactExists"] * (self.THREADS - 1) + ["won"]

    def test_the_same_change_by_many_is_one_change(self, store: Store) -> None:
        created = a.new_invoice()
        assert self._race(store, [(created, [])] * self.THREADS) == ["won"] * self.THREADS
        assert store.facts(a.BIZ, Subject.INVOICE, "inv_1") == [created.fact]

    def test_one_number_goes_to_one_invoice(self, store: Store) -> None:
        rivals = [(a.new_invoice(f"inv_{n}"), [numbers(1)]) for n in range(self.THREADS)]
        assert self._race(store, rivals) == ["StaleHead"] * (self.THREADS - 1) + ["won"]
        assert store.next_number(a.BIZ) == 2

    def test_one_lease_has_one_holder(self, store: Store) -> None:
        created = a.step(a.invoice(), effects=(a.RECEIPT,))
        store.append([created])
        ends = a.NOON + timedelta(minutes=5)

        def claim(holder: int) -> bool:
            ref = a.ref_of(created)
            taken = store.claim(ref, holder=f"h{holder}", now=a.NOON, lease_until=ends)
            return taken is not None

        with ThreadPoolExecutor(self.THREADS) as pool:
            assert sum(pool.map(claim, range(self.THREADS))) == 1

    def test_one_request_has_one_holder(self, store: Store) -> None:
        ends = a.NOON + timedelta(minutes=5)

        def begin(holder: int) -> bool:
            saved = store.begin_request(
                a.BIZ, "k", body_hash="h", holder=f"h{holder}", now=a.NOON, lease_until=ends
            )
            return saved.holder == f"h{holder}"

        with ThreadPoolExecutor(self.THREADS) as pool:
            assert sum(pool.map(begin, range(self.THREADS))) == 1
