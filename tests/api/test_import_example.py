"""The example of docs/imports.md is imported as it stands there, and does what it says."""

from __future__ import annotations

import csv
import io
import re
from datetime import UTC, date, datetime

from tests.api.client import Api
from tests.tracked import ROOT

_BLOCK = re.compile(r"```csv ([a-z]+)\n(.*?)```", re.DOTALL)


def test_the_worked_example_imports_as_it_says(api: Api) -> None:
    api.install.clock.at = datetime(2026, 11, 22, 15, tzinfo=UTC)
    blocks = dict(_BLOCK.findall((ROOT / "docs" / "imports.md").read_text()))
    told: list[list[str]] = []
    for kind in ("customers", "invoices", "subscriptions"):
        dry = told_of(api, kind, blocks[kind], dry_run=True)
        real = told_of(api, kind, blocks[kind], dry_run=False)
        assert without_ids(dry) == without_ids(real)
        told += [[*row[:3], "…" if row[3].partition("_")[2] else row[3], row[4]] for row in real]
    assert told == list(csv.reader(io.StringIO(blocks["results"])))
    (pine,) = api.get("/v1/search?q=C-1").json["data"][:1]
    (owed,) = api.get(f"/v1/invoices?customer_id={pine['id']}").json["data"]
    assert (owed["amount_remaining"], owed["due_on"]) == (159360, "2026-10-15")
    (going,) = api.get(f"/v1/subscriptions?customer_id={pine['id']}").json["data"]
    assert date.fromisoformat(going["next_bill_at"][:10]) == date(2026, 11, 15)


def told_of(api: Api, kind: str, content: str, *, dry_run: bool) -> list[list[str]]:
    """The result file of an import."""
    answer = api.post("/v1/imports", {"kind": kind, "content": content, "dry_run": dry_run})
    assert answer.status == 202, answer.json
    run = answer.json
    api.install.settle()
    assert api.get(f"/v1/imports/{run['id']}/result").status == 303
    result = api.install.files.get(api.install.store.import_run("biz_1", run["id"]).result_key)
    return list(csv.reader(io.StringIO(result.decode("utf-8-sig"))))


def without_ids(rows: list[list[str]]) -> list[list[str]]:
    return [[*row[:3], row[4]] for row in rows]
