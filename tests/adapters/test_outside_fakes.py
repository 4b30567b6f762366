"""The fakes keep the contracts that the AWS adapters keep, or tests over them prove nothing."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from chalicelib.adapters.clock import WallClock
from chalicelib.adapters.ids import RandomIds
from chalicelib.adapters.tokens import HmacTokens
from chalicelib.ports.outside import Clock, Ids, QueueName, Tokens
from tests.contracts.outside_contract import (
    BODY,
    BusContract,
    BusStage,
    ClockContract,
    DirectoryContract,
    DirectoryStage,
    FilesContract,
    FilesStage,
    IdsContract,
    MailContract,
    MailStage,
    QueueContract,
    QueueStage,
    SmsContract,
    SmsStage,
    TimersContract,
    TimersStage,
    TokensContract,
)
from tests.fakes.outside import (
    FakeBus,
    FakeClock,
    FakeDirectory,
    FakeFiles,
    FakeIds,
    FakeMail,
    FakeQueue,
    FakeSms,
    FakeTimers,
    FakeTokens,
)

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


class TestFakeQueue(QueueContract):
    @pytest.fixture
    def stage(self) -> QueueStage:
        queue = FakeQueue()
        return QueueStage(queue, queue.on)

    def test_each_message_is_taken_once(self) -> None:
        queue = FakeQueue()
        queue.send(QueueName.DUNNING, BODY)
        assert [one.body for one in queue.take()] == [BODY]
        assert queue.take() == []


class TestFakeTimers(TimersContract):
    @pytest.fixture
    def stage(self) -> TimersStage:
        timers = FakeTimers()
        return TimersStage(
            timers,
            NOW,
            lambda: {name: (one.at, one.body) for name, one in timers.waiting.items()},
        )

    def test_what_is_due_rings_once_soonest_first(self) -> None:
        timers = FakeTimers()
        for days, name in ((2, "b"), (1, "a"), (9, "c")):
            timers.wake(name, NOW + timedelta(days=days), BODY)
        assert [one.name for one in timers.fire(NOW + timedelta(days=2))] == ["a", "b"]
        assert timers.fire(NOW + timedelta(days=2)) == []


class TestFakeMail(MailContract):
    @pytest.fixture
    def stage(self) -> MailStage:
        mail = FakeMail()
        return MailStage(
            mail, lambda: [(one.recipient, str(one.message["Subject"])) for one in mail.sent]
        )


class TestFakeSms(SmsContract):
    @pytest.fixture
    def stage(self) -> SmsStage:
        sms = FakeSms()
        return SmsStage(sms, lambda: [(one.phone, one.text) for one in sms.sent])


class TestFakeDirectory(DirectoryContract):
    @pytest.fixture
    def stage(self) -> DirectoryStage:
        directory = FakeDirectory()
        return DirectoryStage(directory, lambda: directory.invited)


class TestFakeFiles(FilesContract):
    @pytest.fixture
    def stage(self) -> FilesStage:
        return FilesStage(FakeFiles())


class TestFakeBus(BusContract):
    @pytest.fixture
    def stage(self) -> BusStage:
        bus = FakeBus()
        return BusStage(bus, lambda: [(one.name, one.detail) for one in bus.published])


class TestClocks(ClockContract):
    @pytest.fixture(params=[WallClock, FakeClock])
    def stage(self, request: pytest.FixtureRequest) -> Clock:
        made: Clock = request.param()
        return made


class TestIds(IdsContract):
    @pytest.fixture(params=[RandomIds, FakeIds])
    def stage(self, request: pytest.FixtureRequest) -> Ids:
        made: Ids = request.param()
        return made


class TestTokens(TokensContract):
    @pytest.fixture(params=[lambda: HmacTokens(lambda: "secret", lambda: "other"), FakeTokens])
    def stage(self, request: pytest.FixtureRequest) -> Tokens:
        made: Tokens = request.param()
        return made

    def test_another_secret_makes_other_tokens(self) -> None:
        links, api = (
            HmacTokens(lambda: "new", lambda: "b"),
            HmacTokens(lambda: "a", lambda: "new"),
        )
        old = HmacTokens(lambda: "a", lambda: "b")
        assert old.portal("cus_1") != links.portal("cus_1")
        assert old.portal("cus_1") == api.portal("cus_1")
        for made in (HmacTokens.client, HmacTokens.signing):
            assert made(old, "cli_1") != made(api, "cli_1")
            assert made(old, "cli_1") == made(links, "cli_1")


def test_random_ids_have_120_bits_of_chance() -> None:
    assert len(RandomIds().new("inv")) == len("inv_") + 24


ADAPTERS = """aws queue timers mail sms directory files bus secrets clock ids tokens
    stripe.gateway stripe.sdk""".split()


def test_importing_the_adapters_imports_no_sdk() -> None:
    """A cold start pays only for what its function uses."""
    modules = ", ".join(f"chalicelib.adapters.{name}" for name in ADAPTERS)
    script = f"import sys, {modules}; print(*{{'botocore', 'stripe'}} & set(sys.modules))"
    found = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(__file__).parents[2],
    )
    assert found.stdout.strip() == ""
