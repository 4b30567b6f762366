"""The table when the wire breaks: what was written counts once, and what is unknown is said so.

microburst stands between us and the emulator. A cut answer is the treacherous fault: the work is
done, and botocore, or a later call of ours, asks for it again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from chalicelib.adapters.table.calls import TRIES
from chalicelib.adapters.table.store import DynamoStore
from chalicelib.adapters.table.units import Spent
from chalicelib.domain.due import DueKind
from chalicelib.domain.errors import BrokenRecord
from chalicelib.domain.facts import Subject
from chalicelib.ports.answers import FactExists, StaleHead, Unanswered
from chalicelib.ports.rows import Change, NumberRange, TestClock, UniqueClaim
from tests.adapters.table_stage import fresh_table, no_wait, sharing
from tests.contracts import store_samples as a

if TYPE_CHECKING:
    from infra.local.emulator import Emulator
    from tests.microburst import Wire

pytestmark = pytest.mark.emulator

ALWAYS = 1000
TRANSACTION = "TransactWriteItems"
LEASE_ENDS = a.NOON + timedelta(minutes=5)


@pytest.fixture
def table(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    for name, value in emulator.environment.items():
        monkeypatch.setenv(name, value)
    with fresh_table(emulator.clients("dynamodb")) as name:
        yield name


@pytest.fixture
def store(table: str, wire: Wire) -> DynamoStore:
    """Through the wire that breaks, on its own client: faults use up its quota of repeats."""
    return DynamoStore(table, endpoint_url=wire.endpoint_url, sleep=no_wait)


@pytest.fixture
def straight(table: str, emulator: Emulator) -> DynamoStore:
    """Past it, to see what came of it."""
    return sharing(DynamoStore(table, endpoint_url=emulator.endpoint_url), emulator.endpoint_url)


def error(operation: str, code: str, times: int = ALWAYS, **fields: Any) -> dict[str, Any]:
    modelled: dict[str, Any] = {"code": code, "message": "planned"}
    if fields:
        modelled["fields"] = fields
    return {"service": "dynamodb", "operation": operation, "times": times, "error": modelled}


def cancelled(*codes: str, times: int = ALWAYS) -> dict[str, Any]:
    reasons = [{"Code": code, "Message": "planned"} for code in codes]
    code = "TransactionCanceledException"
    return error(TRANSACTION, code, times, CancellationReasons=reasons)


class TestAppend:
    @pytest.mark.parametrize("times", [1, ALWAYS])
    def test_an_answer_lost_after_the_commit(
        self, store: DynamoStore, straight: DynamoStore, wire: Wire, times: int
    ) -> None:
        made = a.new_invoice()
        wire.cut("dynamodb", TRANSACTION, times=times)
        store.append([made], side=[NumberRange(a.BIZ, 1, 1), UniqueClaim(a.BIZ, "r", "1", "inv_1")])
        assert wire.fired() >= 1
        assert straight.facts(a.BIZ, Subject.INVOICE, "inv_1") == [made.fact]
        assert straight.invoice(a.BIZ, "inv_1") == made.head
        assert straight.next_number(a.BIZ) == 2

    def test_an_answer_lost_for_good_is_unknown_until_asked_again(
        self, store: DynamoStore, straight: DynamoStore, wire: Wire
    ) -> None:
        made = a.new_invoice()
        cut = {"service": "dynamodb", "times": ALWAYS, "response": {"abort_bytes": 0}}
        wire.rules({**cut, "operation": TRANSACTION}, {**cut, "operation": "BatchGetItem"})
        with pytest.raises(Unanswered):
            store.append([made])
        assert straight.invoice(a.BIZ, "inv_1") == made.head
        wire.rules()
        store.append([made])
        assert straight.facts(a.BIZ, Subject.INVOICE, "inv_1") == [made.fact]

    def test_a_later_repeat_without_the_token_is_still_ours(
        self, store: DynamoStore, straight: DynamoStore, wire: Wire
    ) -> None:
        """After ten minutes DynamoDB has forgotten the token: the conditions must do."""
        made = a.new_invoice()
        straight.append([made])
        wire.rules(cancelled("ConditionalCheckFailed", "ConditionalCheckFailed"))
        store.append([made])
        assert wire.fired() == 1

    def test_nothing_was_done_and_nothing_is_claimed(
        self, store: DynamoStore, straight: DynamoStore, wire: Wire
    ) -> None:
        wire.rules(
            {"service": "dynamodb", "operation": TRANSACTION, "times": ALWAYS, "reset": True}
        )
        with pytest.raises(Unanswered):
            store.append([a.new_invoice()])
        assert straight.invoices(a.BIZ).items == ()

    @pytest.mark.parametrize(
        "codes", [("TransactionConflict", "None"), ("None", "ThrottlingError")]
    )
    def test_a_conflict_is_tried_again(
        self, store: DynamoStore, straight: DynamoStore, wire: Wire, codes: tuple[str, ...]
    ) -> None:
        made = a.new_invoice()
        wire.rules(cancelled(*codes, times=TRIES - 1))
        store.append([made])
        assert wire.fired() == TRIES - 1
        assert straight.invoice(a.BIZ, "inv_1") == made.head

    def test_a_conflict_without_end_is_given_up(
        self, store: DynamoStore, straight: DynamoStore, wire: Wire
    ) -> None:
        wire.rules(cancelled("TransactionConflict", "None"))
        with pytest.raises(Unanswered):
            store.append([a.new_invoice()])
        assert wire.fired() == TRIES
        assert straight.invoices(a.BIZ).items == ()

    def test_throttling_is_waited_out(
        self, store: DynamoStore, straight: DynamoStore, wire: Wire
    ) -> None:
        made = a.new_invoice()
        wire.rules(error(TRANSACTION, "ProvisionedThroughputExceededException", times=4))
        store.append([made])
        assert straight.invoice(a.BIZ, "inv_1") == made.head

    def test_a_condition_outweighs_a_conflict(self, store: DynamoStore, wire: Wire) -> None:
        wire.rules(cancelled("TransactionConflict", "ConditionalCheckFailed"))
        with pytest.raises(StaleHead):
            store.append([a.new_invoice()])
        assert wire.fired() == 1

    def test_who_was_faster_is_found_by_reading(
        self, store: DynamoStore, straight: DynamoStore, wire: Wire
    ) -> None:
        created = a.new_invoice()
        straight.append([created])
        straight.append([a.paid(created, "w1", by="usr_1")])
        wire.rules(cancelled("ConditionalCheckFailed", "ConditionalCheckFailed"))
        with pytest.raises(FactExists):
            store.append([a.paid(created, "w1", by="usr_2")])
        with pytest.raises(StaleHead):
            store.append([a.held(created, "x")])

    def test_a_row_that_is_too_big_is_our_fault_not_the_networks(
        self, store: DynamoStore, straight: DynamoStore
    ) -> None:
        with pytest.raises(BrokenRecord):
            store.append([a.held(a.new_invoice(), "x" * 410_000)])
        assert straight.invoices(a.BIZ).items == ()


class TestEffects:
    @pytest.fixture
    def made(self, straight: DynamoStore) -> Change:
        made = a.step(a.invoice(), effects=(a.RECEIPT, a.DOCUMENT))
        straight.append([made])
        return made

    def test_a_claim_whose_answer_was_lost_is_ours(
        self, store: DynamoStore, straight: DynamoStore, wire: Wire, made: Change
    ) -> None:
        wire.cut("dynamodb", "UpdateItem")
        claimed = store.claim(a.ref_of(made), holder="h1", now=a.NOON, lease_until=LEASE_ENDS)
        assert wire.fired() == 1
        assert claimed is not None
        assert claimed.open == ("mail:receipt", "document:receipt")
        ref = a.ref_of(made)
        assert straight.claim(ref, holder="h2", now=a.NOON, lease_until=LEASE_ENDS) is None

    @pytest.mark.parametrize(
        "done", [{"mail:receipt": "m"}, {"mail:receipt": "m", "document:receipt": "d"}]
    )
    def test_a_finish_whose_answer_was_lost_counts_once(
        self,
        store: DynamoStore,
        straight: DynamoStore,
        wire: Wire,
        made: Change,
        done: dict[str, str],
    ) -> None:
        ref = a.ref_of(made)
        straight.claim(ref, holder="h1", now=a.NOON, lease_until=LEASE_ENDS)
        wire.cut("dynamodb", "UpdateItem")
        store.finish(ref, holder="h1", done=done, retry_at=a.minutes(30))
        assert wire.fired() == 1
        assert straight.delivered(ref) == done
        due = [
            found.due_at
            for shard in range(straight.shards)
            for found in straight.due(DueKind.EFFECTS, until=a.minutes(99), shard=shard).items
        ]
        assert due == ([a.minutes(30)] if len(done) == 1 else [])

    def test_a_finish_without_an_answer_can_be_repeated(
        self, store: DynamoStore, straight: DynamoStore, wire: Wire, made: Change
    ) -> None:
        ref = a.ref_of(made)
        straight.claim(ref, holder="h1", now=a.NOON, lease_until=LEASE_ENDS)
        wire.rules(error("UpdateItem", "InternalServerError"))
        with pytest.raises(Unanswered):
            store.finish(ref, holder="h1", done={"mail:receipt": "m"}, retry_at=a.minutes(30))
        wire.rules(error("UpdateItem", "TransactionConflictException", times=2))
        store.finish(ref, holder="h1", done={"mail:receipt": "m"}, retry_at=a.minutes(30))
        assert straight.delivered(ref) == {"mail:receipt": "m"}


def _clock(store: DynamoStore) -> object:
    store.save_test_clock(TestClock("clk_1", a.BIZ, a.NOON, a.NOON))
    return store.test_clock("clk_1").now_at


def _begin(store: DynamoStore) -> object:
    return store.begin_request(
        a.BIZ, "k", body_hash="b", holder="h1", now=a.NOON, lease_until=LEASE_ENDS
    ).holder


def _watermark(store: DynamoStore) -> object:
    store.save_watermark(a.BIZ, "charges", "7")
    return store.watermark(a.BIZ, "charges")


SAVES: list[tuple[Callable[[DynamoStore], object], object]] = [
    (_clock, a.NOON),
    (_begin, "h1"),
    (_watermark, "7"),
]


class TestSmallRows:
    @pytest.mark.parametrize(("save", "saved"), SAVES)
    def test_an_answer_lost_after_the_write(
        self, store: DynamoStore, wire: Wire, save: Callable[[DynamoStore], object], saved: object
    ) -> None:
        wire.cut("dynamodb", TRANSACTION)
        assert save(store) == saved
        assert wire.fired() == 1

    @pytest.mark.parametrize(("save", "saved"), SAVES)
    def test_a_save_that_got_no_answer_at_all_can_be_repeated(
        self, store: DynamoStore, wire: Wire, save: Callable[[DynamoStore], object], saved: object
    ) -> None:
        wire.cut("dynamodb", TRANSACTION, times=ALWAYS)
        with pytest.raises(Unanswered):
            save(store)
        wire.rules()
        assert save(store) == saved

    def test_an_answer_of_ours_is_kept_though_its_receipt_was_lost(
        self, store: DynamoStore, wire: Wire
    ) -> None:
        _begin(store)
        wire.cut("dynamodb", TRANSACTION)
        store.finish_request(a.BIZ, "k", holder="h1", status=201, response="{}")
        assert wire.fired() == 1
        kept = store.begin_request(
            a.BIZ, "k", body_hash="b", holder="h2", now=LEASE_ENDS, lease_until=a.minutes(9)
        )
        assert (kept.status, kept.response) == (201, "{}")


def _read_invoice(store: DynamoStore) -> None:
    store.invoice(a.BIZ, "inv_1")


def _read_facts(store: DynamoStore) -> None:
    store.facts(a.BIZ, Subject.INVOICE, "inv_1")


def _read_list(store: DynamoStore) -> None:
    store.invoices(a.BIZ)


def _read_due(store: DynamoStore) -> None:
    store.due(DueKind.STEP, until=a.NOON)


READS = [_read_invoice, _read_facts, _read_list, _read_due]


class TestReads:
    """No fault may look like "there is none": a missing invoice would be made again."""

    @pytest.mark.parametrize("read", READS)
    @pytest.mark.parametrize(
        "fault",
        [
            {"reset": True},
            {"response": {"abort_bytes": 0}},
            {"response": {"truncate_bytes": 10}},
            {"response": {"corrupt_bytes": 64}},
            {"error": {"code": "InternalServerError", "message": "planned"}},
            {"error": {"code": "AccessDeniedException", "message": "planned"}},
            {"error": {"code": "ResourceNotFoundException", "message": "planned"}},
            {"error": {"code": "ExpiredTokenException", "message": "planned"}},
        ],
        ids=str,
    )
    def test_a_fault_is_no_answer(
        self,
        store: DynamoStore,
        straight: DynamoStore,
        wire: Wire,
        read: Callable[[DynamoStore], None],
        fault: dict[str, Any],
    ) -> None:
        straight.append([a.new_invoice()])
        wire.rules({"service": "dynamodb", "times": ALWAYS, **fault})
        with pytest.raises(Unanswered):
            read(store)

    @pytest.mark.parametrize("read", READS)
    def test_nobody_there(self, table: str, read: Callable[[DynamoStore], None]) -> None:
        with pytest.raises(Unanswered):
            read(DynamoStore(table, endpoint_url="http://127.0.0.1:9", sleep=no_wait))

    def test_no_credentials(
        self, table: str, emulator: Emulator, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            monkeypatch.delenv(name)
        monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
        monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nowhere")
        with pytest.raises(Unanswered):
            _read_invoice(DynamoStore(table, endpoint_url=emulator.endpoint_url, sleep=no_wait))


def test_a_refused_write_is_counted_too(table: str, emulator: Emulator) -> None:
    told: list[Spent] = []
    store = DynamoStore(table, endpoint_url=emulator.endpoint_url, meter=told.append)
    store.append([a.new_customer()])
    told.clear()
    with pytest.raises(FactExists):
        store.append([a.new_customer(name="Bob")])
    assert [spent.operation for spent in told] == [TRANSACTION, "BatchGetItem"]
    assert told[0].write_units >= 4
