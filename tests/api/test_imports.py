"""Imports through the API: read, tried without writing, taken in, told row by row."""

from __future__ import annotations

import base64

import pytest

from chalicelib.domain.facts import Subject
from tests.api.client import Answer, Api

CUSTOMERS = """Name,Company,Email,Terms
Ada Byron,,ada@example.com,
Pine Ltd,Pine Ltd,pay@pine.example,Net 30
Nobody,,,
"""


def send(api: Api, content: str = CUSTOMERS, **more: object) -> Answer:
    answer = api.post("/v1/imports", {"kind": "customers", "content": content, **more})
    api.install.settle()
    return answer


def read(api: Api, answer: Answer) -> dict[str, object]:
    found: dict[str, object] = api.get(f"/v1/imports/{answer.json['id']}").json
    return found


def test_a_dry_run_says_what_would_be_and_writes_nothing(api: Api) -> None:
    told = send(api, dry_run=True)
    assert (told.status, told.json["status"]) == (202, "running")
    assert told.json["columns"][1] == {"header": "Company", "field": "company"}
    done = read(api, told)
    assert (done["status"], done["done"]) == ("finished", 3)
    assert done["counts"] == {"created": 2, "changed": 0, "known": 0, "refused": 1}
    assert api.get("/v1/customers").json["data"] == []
    applied = api.post(f"/v1/imports/{told.json['id']}/apply")
    api.install.settle()
    assert read(api, applied)["counts"] == done["counts"]
    assert [one["name"] for one in api.get("/v1/customers").json["data"]] == [
        "Ada Byron", "Pine Ltd",
    ]  # fmt: skip
    assert api.post(f"/v1/imports/{applied.json['id']}/apply").code == "import_not_dry"


def test_rows_are_told_by_number_with_their_reason(api: Api) -> None:
    run = send(api)
    rows = api.get(f"/v1/imports/{run.json['id']}/rows?limit=2").json
    assert [(one["row"], one["result"]) for one in rows["data"]] == [(2, "created"), (3, "created")]
    rest = api.get(f"/v1/imports/{run.json['id']}/rows?cursor={rows['next_cursor']}").json
    assert rest["data"] == [
        {"row": 4, "result": "refused", "reference": "Nobody", "id": None,
         "note": "The e-mail address is missing. Fill it in."},
    ]  # fmt: skip
    assert rest["next_cursor"] is None
    refused = api.get(f"/v1/imports/{run.json['id']}/rows?result=refused").json
    assert refused["data"] == rest["data"]
    link = api.get(f"/v1/imports/{run.json['id']}/result")
    assert link.status == 303
    stored = [
        one.content
        for key, one in api.install.files.stored.items()
        if key.startswith("biz_1/imports/")
    ]
    (result,) = (one for one in stored if one.startswith(b"\xef\xbb\xbfrow,result"))
    assert result.decode("utf-8-sig").splitlines()[-1] == (
        "4,refused,Nobody,,The e-mail address is missing. Fill it in."
    )


def test_the_same_key_is_the_same_import(api: Api) -> None:
    body = {"kind": "customers", "content": CUSTOMERS}
    first, again = (api.post("/v1/imports", body, key="once") for _ in range(2))
    assert first.json == again.json
    api.install.settle()
    assert len(api.get("/v1/customers").json["data"]) == 2
    assert [one["id"] for one in api.get("/v1/imports").json["data"]] == [first.json["id"]]


def test_bytes_in_another_encoding_are_read_and_told(api: Api) -> None:
    content = base64.b64encode("Name,Email\nJosé Peña,jose@example.com\n".encode("cp1252"))
    body = {"kind": "customers", "content_base64": content.decode(), "file_name": "kunden.csv"}
    told = api.post("/v1/imports", body)
    assert told.json["encoding"] == "windows-1252"
    assert "read as Windows-1252" in told.json["notes"][0]
    api.install.settle()
    assert api.get("/v1/customers").json["data"][0]["name"] == "José Peña"


def test_columns_can_be_mapped_by_hand(api: Api) -> None:
    content = "Kunde;Post;Zahlbar\nAda Byron;ada@example.com;Net 30\n"
    columns = {"Kunde": "name", "Post": "email", "Zahlbar": "terms"}
    told = send(api, content, columns=columns)
    assert (told.json["source"], told.json["separator"]) == ("duecourse", ";")
    assert api.get("/v1/customers").json["data"][0]["terms"] == "net_30"


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"content": ""}, "file_missing"),
        ({"content_base64": "eA=="}, "file_missing"),
        ({"content": "", "content_base64": "no base64!"}, "file_not_base64"),
        ({"content": "Name,Email\n"}, "file_empty"),
        ({"content": "Title,Address\na,b\n"}, "header_unknown"),
        ({"content": CUSTOMERS, "source": "xero"}, "source_other"),
        ({"content": CUSTOMERS, "columns": {"Name": "nonsense"}}, "column_unknown"),
        ({"content": CUSTOMERS, "columns": {"Missing": "name"}}, "column_missing"),
        ({"content": CUSTOMERS, "columns": {"Name": "name", "Company": "name"}}, "column_twice"),
        ({"content": "Name,Email\n" + "a,b\n" * 10_001}, "file_too_long"),
    ],
)
def test_a_file_that_cannot_be_taken_is_refused_at_once(
    api: Api, more: dict[str, object], code: str
) -> None:
    answer = send(api, **({"content": CUSTOMERS} | more))  # type: ignore[arg-type]
    assert (answer.status, answer.code) == (422, code)
    assert api.get("/v1/imports").json["data"] == []


def test_a_body_that_is_too_large_is_refused_before_it_is_read(api: Api) -> None:
    answer = api.call("POST", "/v1/imports", raw=b"x" * 3_600_000)
    assert (answer.status, answer.code) == (413, "body_too_large")


def test_an_import_leaves_its_facts(api: Api) -> None:
    run = send(api)
    history = api.install.store.facts("biz_1", Subject.IMPORT, run.json["id"])
    assert [fact.kind for fact in history] == ["created", "import_advanced"]
    assert history[0].actor.id == "user_admin"
