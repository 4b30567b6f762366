"""What to do about it: said for every reason why a charge cannot be made."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

from chalicelib.api.advice import _BY_CODE, advice
from chalicelib.domain import chargeability
from chalicelib.domain.invoice import HoldKind
from tests.api.client import Api


def test_every_reason_has_its_advice() -> None:
    source = Path(chargeability.__file__).read_text()
    codes = set(re.findall(r'Reason\(\s*"([a-z_]+)"', source))
    codes |= {f"hold_{kind.value}" for kind in HoldKind}
    assert len(codes) > 15
    assert {code for code in codes if not advice(code)} == set()


def test_no_advice_is_for_a_code_that_nobody_gives() -> None:
    root = Path(chargeability.__file__).parents[1]
    files = [file for file in root.rglob("*.py") if file.name != "advice.py"]
    said = "\n".join(file.read_text() for file in files)
    held = {f"hold_{kind.value}" for kind in HoldKind}
    assert [code for code in _BY_CODE if f'"{code}"' not in said and code not in held] == []


def test_the_greyed_button_says_what_would_ungrey_it(api: Api) -> None:
    due_on = api.install.clock.now().date() + timedelta(days=9)
    invoice = api.install.invoice(api.install.customer(card=None), due_on=due_on)
    (reason,) = api.get(f"/v1/invoices/{invoice.id}/chargeability").json["reasons"]
    assert reason["what_to_do"].startswith("Have the customer enter one")
    refused = api.post(f"/v1/invoices/{invoice.id}/charge", {}).json
    assert (refused["code"], refused["what_to_do"]) == (reason["code"], reason["what_to_do"])
