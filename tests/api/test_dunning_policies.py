"""Dunning policies through the API: versions, the default, a customer's own, and the dry run."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from tests.api.client import Api
from tests.fakes.install import VISA

POLICIES = "/v1/dunning-policies"
DAY = 86_400


def test_a_new_business_has_the_standard_policy_and_the_gentle_one(api: Api) -> None:
    listed = api.get(POLICIES).json["data"]
    told = [(one["id"], one["version"], one["is_default"]) for one in listed]
    assert told == [("standard", 1, True), ("gentle", 1, False)]
    assert listed[0]["offsets_seconds"] == [0, DAY, 3 * DAY, 7 * DAY]


def test_each_change_is_the_next_version_and_old_ones_stay_readable(api: Api) -> None:
    made = api.post(POLICIES, {"name": "Patient", "grace_days": 14}).json
    path = f"{POLICIES}/{made['id']}"
    assert (made["version"], made["grace_days"], made["is_default"]) == (1, 14, False)
    assert api.patch(path, {"grace_days": 14}).json == made
    changed = api.patch(path, {"offsets_seconds": [0, DAY]}).json
    assert (changed["version"], changed["grace_days"]) == (2, 14)
    assert api.get(path).json == changed
    assert api.get(f"{path}/versions").json["data"] == [changed, made]


def test_the_shipped_policy_is_changed_like_any_other(api: Api) -> None:
    changed = api.patch(f"{POLICIES}/gentle", {"grace_days": 3}).json
    assert (changed["version"], changed["grace_days"]) == (2, 3)
    versions = api.get(f"{POLICIES}/gentle/versions").json["data"]
    assert [(one["version"], one["grace_days"]) for one in versions] == [(2, 3), (1, 7)]


def test_the_default_changes_places(api: Api) -> None:
    chosen = api.post(f"{POLICIES}/gentle/default").json
    assert (chosen["id"], chosen["is_default"]) == ("gentle", True)
    assert [one["id"] for one in api.get(POLICIES).json["data"]] == ["gentle", "standard"]
    assert api.get("/v1/business").json["policy"]["id"] == "gentle"


def test_a_customer_has_a_policy_of_their_own_until_it_is_taken_away(api: Api) -> None:
    customer = api.install.customer()
    mine = {"customer_id": customer.id, "policy_id": "gentle"}
    given = api.post(f"{POLICIES}/assign", mine).json
    assert given == mine | {"policy_in_force": "gentle"}
    assert api.get(f"/v1/customers/{customer.id}").json["policy_id"] == "gentle"
    taken = api.post(f"{POLICIES}/assign", mine | {"policy_id": None}).json
    assert (taken["policy_id"], taken["policy_in_force"]) == (None, "standard")


def test_pay_days_are_part_of_a_version_and_can_be_taken_away(api: Api) -> None:
    gentle = api.get(f"{POLICIES}/gentle").json
    assert gentle["pay_days"] == {"month_days": [1, 15], "weekdays": ["friday"], "hour": 9}
    assert gentle["class_rules"][0]["on_pay_days"] is True
    funds = {"decline_class": "funds", "on_pay_days": True}
    wanted = {"pay_days": {"month_days": [31], "weekdays": []}, "class_rules": [funds]}
    made = api.post(POLICIES, {"name": "Month's end", **wanted}).json
    assert made["pay_days"] == {"month_days": [31], "weekdays": [], "hour": 9}
    path = f"{POLICIES}/{made['id']}"
    refused = api.patch(path, {"pay_days": None})
    assert (refused.status, refused.code) == (422, "policy_invalid")
    assert "names none: set pay_days" in refused.json["detail"]
    bare = api.patch(path, {"pay_days": None, "class_rules": []}).json
    assert (bare["version"], bare["pay_days"]) == (2, None)
    assert api.patch(path, {"pay_days": {"month_days": [32]}}).code == "body_invalid"


def test_the_plan_says_that_it_waits_for_a_pay_day(api: Api) -> None:
    api.post(f"{POLICIES}/gentle/default")
    api.install.stripe.script_card(VISA, ["insufficient_funds"] * 9)
    invoice = api.install.invoice(api.install.customer())  # on Thursday, the 1st of January
    api.install.settle()
    told = api.get(f"/v1/invoices/{invoice.id}").json["next_action"]
    assert (told["kind"], told["at"][:16]) == ("retry", "2026-01-02T14:00")
    assert "Friday, 2026-01-02, is a likely pay day" in told["reason"]


def rule(**changes: Any) -> dict[str, Any]:
    return {"class_rules": [changes]}


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        (rule(decline_class="dead", wait_seconds=DAY), "policy_overrides_network"),
        (rule(decline_class="auth"), "policy_overrides_network"),
        (rule(decline_class="funds", wait_seconds=DAY, retry=False), "policy_invalid"),
        ({"visa_cap_30_days": 21}, "policy_overrides_network"),
        ({"mastercard_cap_24_hours": 11}, "policy_overrides_network"),
        ({"debit_retries": 3}, "policy_overrides_network"),
        ({"debit_offset_seconds": DAY}, "policy_overrides_network"),
        ({"minimum_gap_seconds": 60}, "policy_overrides_network"),
        ({"text_hours": {"opens": 6, "closes": 20}}, "policy_overrides_network"),
        ({"text_hours": {"opens": 12, "closes": 12}}, "policy_invalid"),
        ({"offsets_seconds": [DAY, 0]}, "policy_invalid"),
        ({"visa_cap_30_days": 0}, "policy_invalid"),
        ({"when_exhausted": "keep", "grace_days": 3}, "policy_invalid"),
        ({"reminder_days_after": [3, 3]}, "policy_invalid"),
        (
            {"notice_rules": [{"notice": "needs_card", "channels": ["mail", "mail"]}]},
            "policy_invalid",
        ),
        ({"notice_rules": [{"notice": "receipt", "channels": ["sms"]}]}, "body_invalid"),
        ({"notice_rules": [{"notice": "needs_card", "channels": []}]}, "body_invalid"),
        ({"name": ""}, "body_invalid"),
        ({"name": "  "}, "policy_invalid"),
    ],
)
def test_a_policy_may_only_be_stricter_than_the_networks(
    api: Api, changes: dict[str, Any], code: str
) -> None:
    assert api.patch(f"{POLICIES}/standard", changes).code == code
    dry = api.post(f"{POLICIES}/dry-run", {"changes": changes})
    assert dry.code == code
    assert api.get(f"{POLICIES}/standard").json["version"] == 1


def test_what_is_stricter_is_taken(api: Api) -> None:
    changes = {
        "visa_cap_30_days": 20,
        "debit_retries": 0,
        "class_rules": [
            {"decline_class": "opaque", "retry": False},
            {"decline_class": "dead", "retry": False},
        ],
        "text_hours": {"opens": 9, "closes": 12},
    }
    assert api.patch(f"{POLICIES}/standard", changes).json["version"] == 2


def test_a_business_has_so_many_policies_and_no_more(api: Api) -> None:
    for number in range(18):
        assert api.post(POLICIES, {"name": f"Policy {number}"}).status == 201
    assert api.post(POLICIES, {"name": "One more"}).code == "policies_too_many"


def test_the_dry_run_compares_and_touches_nothing(api: Api) -> None:
    install = api.install
    customer = install.customer()
    install.stripe.script_card(VISA, ["insufficient_funds"] * 9)
    past = install.invoice(customer, 8900)
    install.settle()
    install.advance(days=9)
    due = install.invoice(customer, 4200, due_on=date(2026, 1, 20))
    install.settle()
    before = len(list(install.store.all_facts()))
    asked = {"changes": {"offsets_seconds": [3 * DAY], "reminder_days_before": []}}
    answer = api.post(f"{POLICIES}/dry-run", asked).json
    assert len(list(install.store.all_facts())) == before
    assert (answer["present"]["version"], answer["proposed"]["version"]) == (1, 2)
    rows = {row["invoice_id"]: row for row in answer["open_book"]["data"]}
    assert (rows[past.id]["keeps_its_policy"], rows[due.id]["keeps_its_policy"]) == (True, False)
    present, proposed = ([one["tries"] for one in rows[due.id][side]] for side in SIDES)
    assert [len(tries) for tries in present] == [5, 1]
    assert [len(tries) for tries in proposed] == [2, 1]
    assert [row["assumed_class"] for row in rows[due.id]["present"]] == ["funds", "funds"]
    failing = answer["open_book"]["proposed"][0]
    assert (failing["assumption"], failing["tries"], failing["overdue"]) == (
        "every_try_fails", 2, 1,
    )  # fmt: skip
    (seen,) = answer["past"]["data"]
    assert [one["verdict"] for one in seen["present"]["tries"]] == ["as_it_was"] * 4
    assert [one["verdict"] for one in seen["proposed"]["tries"]] == ["as_it_was"]
    assert seen["proposed"]["overdue_certain"] is True


SIDES = ("present", "proposed")


def test_the_dry_run_counts_the_caps_it_meets(api: Api) -> None:
    """Three debts of one amount on one card share its tries, whoever is first."""
    customer = api.install.customer()
    for _ in range(3):
        api.install.invoice(customer, due_on=date(2026, 1, 20))
    changes = {"visa_cap_30_days": 4, "when_exhausted": "keep"}
    book = api.post(f"{POLICIES}/dry-run", {"changes": changes}).json["open_book"]
    failing, succeeding = book["proposed"]
    assert (failing["tries"], succeeding["tries"], book["present"][0]["tries"]) == (4, 3, 15)
    assert failing["caps_hit"] > 0
    assert (succeeding["caps_hit"], book["present"][0]["caps_hit"]) == (0, 0)
    assert (failing["overdue"], failing["paid"], succeeding["paid"]) == (3, 0, 3)


def test_the_dry_run_goes_page_by_page(api: Api) -> None:
    install = api.install
    customer = install.customer()
    made = {install.invoice(customer, due_on=date(2026, 2, day)).id for day in range(1, 6)}
    seen: list[str] = []
    cursor = None
    while True:
        body = {"limit": 2, "open_cursor": cursor}
        book = api.post(f"{POLICIES}/dry-run", body).json["open_book"]
        seen += [row["invoice_id"] for row in book["data"]]
        cursor = book["next_cursor"]
        if cursor is None:
            break
    assert (len(seen), set(seen)) == (5, made)
