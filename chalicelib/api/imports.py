"""Imports: customers, open invoices and subscriptions from a CSV file."""

from __future__ import annotations

from chalicelib.api.calls import StaffCall
from chalicelib.api.making import made_once
from chalicelib.api.representation.fields import Listing, PageQuery, listing
from chalicelib.api.representation.imports import (
    LARGEST_BODY,
    ImportResultLink,
    ImportRowsQuery,
    ImportRowView,
    ImportView,
    NewImport,
    import_row_view,
    import_view,
    new_import,
)
from chalicelib.api.routing import Routes
from chalicelib.domain.errors import Conflict
from chalicelib.domain.facts import Subject
from chalicelib.domain.import_facts import outcomes_of
from chalicelib.domain.import_run import ImportRun
from chalicelib.ports.answers import Page

routes = Routes(__name__, "/v1/imports", "Imports")
LINK_SECONDS = 60
_FILES = ("file_empty", "file_too_long", "file_encoding_unknown", "header_unknown", "source_other")


@routes.get()
def list_imports(call: StaffCall, query: PageQuery) -> Listing[ImportView]:
    """List imports and dry runs, newest first."""
    page = call.ports.store.import_runs(call.business_id, limit=query.limit, cursor=query.cursor)
    return listing(page, map(import_view, page.items))


@routes.post(status=202, refuses=_FILES, largest=LARGEST_BODY)
def start_import(call: StaffCall, body: NewImport) -> ImportView:
    """Import a CSV file of QuickBooks, Xero or FreshBooks, or in our own columns.

    The answer shows how the file was read. A worker takes its rows in, good ones and not the bad;
    read on for progress. Sending a file again makes nothing twice. With `dry_run` nothing is
    written, and the counts and rows say what an import would do.
    """
    from chalicelib.services import importing

    wanted = new_import(body, import_id=call.id("imp"))
    return import_view(
        made_once(
            lambda: importing.start_import(
                call.ports, call.business_id, wanted, actor=call.actor
            ),
            lambda: _read(call, wanted.id),
        )
    )  # fmt: skip


@routes.get("/{import_id}")
def get_import(call: StaffCall, import_id: str) -> ImportView:
    """Read how far an import is."""
    return import_view(_read(call, import_id))


@routes.get("/{import_id}/rows")
def list_import_rows(
    call: StaffCall, import_id: str, query: ImportRowsQuery
) -> Listing[ImportRowView]:
    """List what became of the rows, in the file's order."""
    history = call.ports.store.facts(call.business_id, Subject.IMPORT, import_id)
    found = [one for one in outcomes_of(history) if query.result in {None, one.result}]
    first = int(query.cursor or 0)
    page = found[first : first + query.limit]
    end = first + len(page)
    cursor = str(end) if end < len(found) else None
    return listing(Page(tuple(page), cursor), map(import_row_view, page))


@routes.get("/{import_id}/result", status=303, location="url", refuses=("import_running",))
def get_import_result(call: StaffCall, import_id: str) -> ImportResultLink:
    """Go to the CSV file that says for every row what became of it, and why.

    The address works for a minute, for anybody. Do not send your token along with it.
    """
    run = _read(call, import_id)
    if run.finished_at is None:
        raise Conflict("import_running", "The import is not finished yet.")
    name = f"{run.id}-result.csv"
    url = call.ports.files.link(run.result_key, file_name=name, seconds=LINK_SECONDS)
    return ImportResultLink(url=url, expires_in_seconds=LINK_SECONDS)


@routes.post("/{import_id}/apply", status=202, refuses=("import_not_dry",))
def apply_import(call: StaffCall, import_id: str) -> ImportView:
    """Import in earnest the file of a dry run, read the same way."""
    from chalicelib.services import importing

    own_id = call.id("imp")
    return import_view(
        made_once(
            lambda: importing.apply_dry_run(
                call.ports, call.business_id, import_id, own_id, actor=call.actor
            ),
            lambda: _read(call, own_id),
        )
    )


@routes.post("/{import_id}/resume", status=202)
def resume_import(call: StaffCall, import_id: str) -> ImportView:
    """Call a worker again to an import that does not go on. Harmless when it does, or is over."""
    from chalicelib.services import importing

    return import_view(importing.resume_import(call.ports, call.business_id, import_id))


def _read(call: StaffCall, import_id: str) -> ImportRun:
    return call.ports.store.import_run(call.business_id, import_id)
