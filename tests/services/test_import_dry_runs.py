"""A dry run says of every row what the real one does, and writes nothing but itself."""

from __future__ import annotations

import re

from hypothesis import example, given, settings
from hypothesis import strategies as st

from chalicelib.domain.facts import Subject
from chalicelib.domain.import_run import SLICE, Existing, ImportRun
from tests.fakes.install import Install
from tests.services.test_import_runs import (
    CREATED,
    KNOWN,
    SUBSCRIPTIONS,
    contacts,
    done,
    results,
    rows,
    started,
)


def test_a_dry_run_of_any_kind_writes_nothing_but_itself() -> None:
    install = started()
    done(install, contacts("Ada Byron"))
    before = len(list(install.store.all_facts()))
    header = "*InvoiceNo,*Customer,*InvoiceDate,*DueDate,ItemDescription,*ItemAmount\n"
    owed = header + "1,Ada Byron,2026-01-02,2026-02-02,Rope,5.00\n"
    billed = SUBSCRIPTIONS + "S-1,Ada Byron,,Platform,monthly,89.00,2026-04-01,,\n"
    for text, kind in ((contacts("New One"), "customers"), (owed, "invoices"),
                       (billed, "subscriptions")):  # fmt: skip
        run = done(install, text, kind, dry_run=True)
        assert results(install, run) == [(2, CREATED)]
        assert [one.id for one in rows(install, run)] == [""]
    own = [fact for fact in install.store.all_facts() if fact.subject is Subject.IMPORT]
    assert len(list(install.store.all_facts())) - before == len(own) - 2


def told(install: Install, run: ImportRun) -> list[tuple[int, str, str]]:
    """What is said of each row, but for ids."""
    return [
        (one.row, one.result.value, re.sub(r": (cus_\w+|one of this file)\.", "", one.note))
        for one in rows(install, run)
    ]


own_rows = st.lists(
    st.tuples(
        st.sampled_from(["", "R1", "R2", "r1"]),
        st.sampled_from(["Ada", "ada ", "Bob", "=1+1", ""]),
        st.sampled_from(["a@b.example", "A@b.example", "b@b.example", "no mail", ""]),
        st.sampled_from(["", "Net 30", "Net 45"]),
    ),
    min_size=1,
    max_size=8,
).filter(lambda file: any(map(any, file)))  # a file without any row is refused as a whole


@given(before=own_rows, after=own_rows, update=st.booleans())
@example(  # one customer, meant by name and then by reference: the first row has changed it already
    before=[("R1", "Ada", "A@b.example", "")],
    after=[("", "Ada", "a@b.example", ""), ("R1", "Ada", "a@b.example", "")],
    update=True,
)
@settings(max_examples=30, deadline=None)
def test_a_dry_run_says_of_every_row_what_the_real_run_does(
    before: list[tuple[str, ...]], after: list[tuple[str, ...]], update: bool
) -> None:
    install = started()
    more = {"existing": Existing.UPDATE if update else Existing.KEEP}
    for file in (before, after):
        text = "\n".join(["external_ref,name,email,terms", *map(",".join, file), ""])
        dry = done(install, text, dry_run=True, **more)
        real = done(install, text, **more)
        assert told(install, dry) == told(install, real)
        assert [one.id for one in rows(install, dry) if one.result is CREATED] == [
            "" for one in rows(install, real) if one.result is CREATED
        ]


def test_a_dry_run_of_several_messages_knows_what_the_first_would_have_made() -> None:
    lines = [f"R{number},Name {number},n{number}@b.example" for number in range(SLICE + 5)]
    text = "\n".join(["external_ref,name,email", *lines, "other,Name 3,n3@b.example", ""])
    install = started()
    dry, real = done(install, text, dry_run=True), done(install, text)
    assert told(install, dry) == told(install, real)
    assert rows(install, dry)[-1].result is KNOWN
