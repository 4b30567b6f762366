"""What can be wrong with a request or a rule, named once.

Every error has a stable `code` that clients may rely on, and a `detail` that says what was wrong
and what to do. The edge maps the four bases to a status; nothing else in the domain knows HTTP.
"""

from __future__ import annotations


class DomainError(Exception):
    """Base of all refusals. `code` is stable, `detail` is a sentence for people."""

    def __init__(self, code: str, detail: str, **extra: str | int | None) -> None:
        super().__init__(f"{code}: {detail}")
        self.code = code
        self.detail = detail
        self.extra = extra


class InvalidInput(DomainError):  # noqa: N818 - reads as the field's word
    """What was sent cannot be used; sending the same again cannot help."""


class NotFound(DomainError):  # noqa: N818
    """No such thing in the caller's business. Also said of another business's things."""


class NotAllowed(DomainError):  # noqa: N818
    """The caller may see the thing but not do this to it."""


class Conflict(DomainError):  # noqa: N818
    """The thing is in a state that forbids this now, or somebody changed it first."""


class IllegalTransition(Conflict):
    """An invoice or payment was asked to move along an edge its graph does not have."""

    def __init__(self, subject: str, before: str, after: str) -> None:
        super().__init__(
            "illegal_transition",
            f"{subject} is {before} and cannot become {after}.",
            before=before,
            after=after,
        )


class BrokenRecord(Exception):  # noqa: N818
    """A stored history contradicts itself: never answered to a caller, always an alarm."""
