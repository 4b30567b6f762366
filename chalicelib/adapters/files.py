"""Documents on S3, each under a key made from its content, encrypted as the bucket says.

The first write of a key stays: the same key means the same bytes, so writing again after a lost
answer changes nothing.
"""

from __future__ import annotations

from urllib.parse import quote

from chalicelib.adapters.aws import Clients, answered, code_of
from chalicelib.domain.errors import NotFound
from chalicelib.ports.answers import Unanswered

LONGEST_LINK_SECONDS = 60


class S3Files:
    def __init__(self, clients: Clients, bucket: str) -> None:
        self._clients = clients
        self._bucket = bucket

    def put(self, key: str, content: bytes, content_type: str) -> None:
        from botocore.exceptions import ClientError

        with answered(f"write {key}"):
            try:
                self._clients("s3").put_object(
                    Bucket=self._bucket,
                    Key=key,
                    Body=content,
                    ContentType=content_type,
                    IfNoneMatch="*",
                )
            except ClientError as error:
                if code_of(error) == "ConditionalRequestConflict":
                    raise Unanswered(f"write {key}: somebody else is writing it") from error
                if code_of(error) != "PreconditionFailed":
                    raise

    def get(self, key: str) -> bytes:
        s3 = self._clients("s3")
        with answered(f"read {key}"):
            try:
                reply = s3.get_object(Bucket=self._bucket, Key=key)
            except s3.exceptions.NoSuchKey as error:
                raise NotFound("file_not_found", "There is no such file.") from error
            content: bytes = reply["Body"].read()
        return content

    def link(self, key: str, *, file_name: str, seconds: int = LONGEST_LINK_SECONDS) -> str:
        assert 0 < seconds <= LONGEST_LINK_SECONDS, seconds
        address: str = self._clients("s3").generate_presigned_url(
            "get_object",
            Params={
                "Bucket": self._bucket,
                "Key": key,
                "ResponseContentDisposition": disposition(file_name),
            },
            ExpiresIn=seconds,
        )
        return address


def disposition(file_name: str) -> str:
    """A download under this name: plain for old readers, in full for all others (RFC 6266)."""
    plain = "".join(
        letter if letter.isascii() and letter.isprintable() and letter not in '"\\' else "_"
        for letter in file_name
    )
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(file_name, safe='')}"
