"""Files: what a seller uploads as evidence. They come as multipart, unlike everything else."""

from email import message_from_bytes
from email.policy import HTTP
from hashlib import sha256
from typing import Any, Final

from infra.local.fake_stripe.endpoints import Request, Route, Routes
from infra.local.fake_stripe.errors import Body, bad_parameter
from infra.local.fake_stripe.parameters import text

MULTIPART: Final = "multipart/form-data"
LARGEST: Final = 5 * 1024 * 1024  # of one file of evidence
_KINDS: Final = {b"%PDF": "pdf", b"\x89PNG": "png", b"\xff\xd8\xff": "jpg"}


def upload(value: Any, name: str) -> Body:
    """A file: as multipart carried it, or an open one from a caller in this process.

    The content is kept as Latin-1 text, a letter a byte, so that every record stays JSON.
    """
    if hasattr(value, "read"):
        content: bytes = value.read()
        return {"name": getattr(value, "name", "blob"), "content": content.decode("latin-1")}
    if not isinstance(value, dict) or set(value) != {"name", "content"}:
        raise bad_parameter("Invalid file", param=name)
    return dict(value)


def decode(content_type: str, sent: bytes) -> Body:
    """The parts of a multipart body by their names."""
    message = message_from_bytes(
        b"Content-Type: " + content_type.encode() + b"\r\n\r\n" + sent, policy=HTTP
    )
    found: Body = {}
    parts: Any = message.iter_parts()
    for part in parts:
        name = str(part.get_param("name", header="content-disposition"))
        content: bytes = part.get_payload(decode=True)
        file_name = part.get_filename()
        if file_name is None:
            found[name] = content.decode().removesuffix("\r\n")
        else:
            found[name] = {"name": file_name, "content": content.decode("latin-1")}
    return found


def _create(request: Request) -> Body:
    params, state = request.params, request.state
    for needed in ("file", "purpose"):
        if needed not in params:
            raise bad_parameter(
                f"Missing required param: {needed}.", param=needed, code="parameter_missing"
            )
    content = params["file"]["content"].encode("latin-1")
    kind = next((kind for start, kind in _KINDS.items() if content.startswith(start)), None)
    if params["purpose"] == "dispute_evidence" and (kind is None or len(content) > LARGEST):
        raise bad_parameter("Evidence is a PDF, JPG or PNG of at most 5 MB.", param="file")
    body: Body = {
        "id": state.new_id("file"),
        "object": "file",
        "created": state.now,
        "expires_at": None,
        "filename": params["file"]["name"],
        "links": None,
        "purpose": params["purpose"],
        "size": len(content),
        "title": None,
        "type": kind,
        "url": f"{state.options.base_url}/v1/files/contents",
    }
    request.account.files[body["id"]] = body
    request.account.file_hashes[body["id"]] = sha256(content).hexdigest()
    return dict(body)


ROUTES: Final[Routes] = {
    "POST /v1/files": Route("files.create", _create, {"file": upload, "purpose": text}, money=True),
}
