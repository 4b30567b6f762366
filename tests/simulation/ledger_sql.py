"""The ledger check a second time, in SQL over an export of the table and Stripe's own books.

Shares no code with the application: what it knows are the exported rows, Stripe's objects, and that
a hash is SHA-256 over sorted JSON. Two judges that agree are worth more than one that is sure.
"""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Iterable, Mapping
from hashlib import sha256
from typing import Any

from infra.local.fake_stripe import FakeStripe
from tests.simulation.ledger_queries import LEGS, QUESTIONS, SCHEMA

Row = Mapping[str, Any]
Touched = tuple[str, str, Any]  # business, what it is, its content


def books_of(stripe: FakeStripe, accounts: Mapping[str, str | None]) -> dict[str, Row]:
    """Stripe's books of each business, read off the fake's shelves; None is our own account."""
    stripe.run_due()
    return {
        business_id: {
            "balance": list(stripe.account(account).balance_transactions.values()),
            "intents": list(stripe.account(account).payment_intents.values()),
            "owned": [
                object_id
                for shelf in ("customers", "payment_methods", "charges", "refunds", "disputes")
                for object_id in getattr(stripe.account(account), shelf)
            ],
        }
        for business_id, account in accounts.items()
    }


def check(
    export_rows: Iterable[Row],
    stripe_books: Mapping[str, Row],
    touched: Iterable[Touched] = (),
) -> list[str]:
    """What is wrong, in words; empty when the table is level with itself and with Stripe.

    `touched` are messages, log lines and the like, each with the business it was made for: none may
    name what belongs to another.
    """
    table = sqlite3.connect(":memory:")
    table.row_factory = sqlite3.Row
    table.create_function("hash_of", 1, _hash_of, deterministic=True)
    table.create_function("sequence_of", 1, _sequence_of, deterministic=True)
    table.executescript(SCHEMA)
    _load_rows(table, list(export_rows))
    for business_id, books in stripe_books.items():
        _load_books(table, business_id, books)
    given = [(business, place, json.dumps(content)) for business, place, content in touched]
    table.executemany("INSERT INTO touched VALUES (?, ?, ?)", given)
    found = [
        f"{code}: {row['business_id']}: {row['words']}"
        for code, question in QUESTIONS.items()
        for row in table.execute(question)
    ]
    table.close()
    return found


def _load_rows(table: sqlite3.Connection, rows: list[Row]) -> None:
    heads = [row for row in rows if row["row"] == "head"]
    facts = [row["body"] for row in rows if row["row"] == "fact"]
    table.executemany(
        "INSERT INTO head VALUES (?, ?, ?, ?)",
        [(r["business_id"], r["subject"], r["body"]["id"], _text(r["body"])) for r in heads],
    )
    table.executemany(
        "INSERT INTO fact VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            (
                *(fact[name] for name in ("business_id", "subject", "subject_id", "seq")),
                *(fact.get(name, "") for name in ("key", "kind", "previous", "hash")),
                _text(fact),
            )
            for fact in facts
        ],
    )
    table.execute(LEGS)
    numbers = [(row["key"], row["value"]) for row in rows if row["row"] == "number"]
    table.executemany("INSERT INTO next_number VALUES (?, ?)", numbers)
    table.executemany(
        "INSERT OR IGNORE INTO owned VALUES (?, ?)",
        [(row["body"]["id"], row["business_id"]) for row in heads],
    )
    bodies = [(r["business_id"], f"head {r['body']['id']}", _text(r["body"])) for r in heads]
    bodies += [(f["business_id"], f"fact {f['subject_id']}/{f['seq']}", _text(f)) for f in facts]
    bodies += [
        (row["key"][0], f"{row['row']} {row['key'][1:]}", _text([row["key"][1:], row["value"]]))
        for row in rows
        if row["row"] in {"tries", "claim", "watermark"}
    ]
    table.executemany("INSERT INTO touched VALUES (?, ?, ?)", bodies)


def _load_books(table: sqlite3.Connection, business_id: str, books: Row) -> None:
    table.executemany(
        "INSERT INTO balance_row VALUES (?, ?, ?, ?, ?, ?)",
        [
            (
                business_id,
                *(row[name] for name in ("id", "type", "source")),
                row["currency"].upper(),
                row["net"],
            )
            for row in books["balance"]
        ],
    )
    table.executemany(
        "INSERT INTO intent VALUES (?, ?, ?, ?, ?, ?)",
        [
            (
                business_id,
                *(row[name] for name in ("id", "status", "currency", "amount")),
                row["metadata"].get("business_id"),
            )
            for row in books["intents"]
        ],
    )
    owned = [row["id"] for row in (*books["intents"], *books["balance"])] + books["owned"]
    table.executemany(
        "INSERT OR IGNORE INTO owned VALUES (?, ?)", [(one, business_id) for one in owned]
    )


def _text(value: Any) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def _hash_of(body: str) -> str:
    fact = json.loads(body)
    fact.pop("hash", None)
    return sha256(_text(fact).encode()).hexdigest()


def _sequence_of(number: str | None) -> int | None:
    digits = re.search(r"\d+$", number or "")
    return int(digits.group()) if digits else None
