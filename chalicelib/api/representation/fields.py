"""Types that several nouns share: texts with limits, amounts, pages, addresses."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Annotated, Any, Generic, TypeVar

from msgspec import UNSET, Meta, Struct, structs

from chalicelib.domain.errors import InvalidInput
from chalicelib.domain.parties import Address
from chalicelib.ports.answers import Page

T = TypeVar("T")

# Python's `$` also stands before a last newline, which JSON Schema's does not.
END = r"$(?!\n)"
_ONE_LINE = r"^[^\x00-\x1f\x7f]*" + END
_SEVERAL_LINES = r"^[^\x00-\x09\x0b-\x1f\x7f]*" + END

Name = Annotated[str, Meta(min_length=1, max_length=200, pattern=_ONE_LINE)]
Text = Annotated[str, Meta(max_length=200, pattern=_ONE_LINE)]
Paragraph = Annotated[str, Meta(max_length=2000, pattern=_SEVERAL_LINES)]
Reason = Annotated[str, Meta(min_length=1, max_length=500, pattern=_SEVERAL_LINES)]
Email = Annotated[str, Meta(min_length=3, max_length=254, pattern=_ONE_LINE)]
Phone = Annotated[
    str, Meta(pattern=r"^(\+[1-9][0-9]{6,14})?" + END, description="E.164, such as +12075550134")
]
Locale = Annotated[
    str,
    Meta(
        pattern=r"^([a-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3})?" + END, description="BCP 47, such as de-DE"
    ),
]
Country = Annotated[
    str, Meta(pattern=r"^([A-Z]{2})?" + END, description="ISO 3166 code, such as DE")
]
Currency = Annotated[
    str, Meta(pattern=r"^[A-Z]{3}" + END, description="ISO 4217 code, such as USD")
]
Zone = Annotated[
    str,
    Meta(
        max_length=64,
        pattern=r"^[A-Za-z0-9_+/-]*" + END,
        description="IANA zone, such as Europe/Berlin",
    ),
]
Id = Annotated[str, Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,127}" + END)]
Amount = Annotated[
    int, Meta(ge=0, le=99_999_999_999, description="Whole minor units of the currency")
]
Percent = Annotated[
    str,
    Meta(
        pattern=r"^(100(\.0{1,4})?|[0-9]{1,2}(\.[0-9]{1,4})?)" + END,
        description="Per cent, such as 8.875",
    ),
]
_Whole = Annotated[int, Meta(ge=1, le=9_999_999)]
_Decimal = Annotated[str, Meta(pattern=r"^[0-9]{1,7}(\.[0-9]{1,4})?" + END)]
Quantity = _Whole | _Decimal
_WebAddress = r"^(https://[^\s\x00-\x1f]+|http://(127\.0\.0\.1|localhost)[:/][^\s\x00-\x1f]*)" + END
WebAddress = Annotated[
    str, Meta(max_length=500, pattern=_WebAddress, description="https, or http on this machine")
]
LARGEST_TOTAL = 999_999_999_999_999  # below 2^53: a browser's numbers hold it
EARLIEST, LATEST = date(2000, 1, 1), date(2200, 1, 1)


class Body(Struct, forbid_unknown_fields=True):
    """What is accepted: nothing but the fields named."""


class View(Struct):
    """What is shown."""


class PageQuery(Body):
    """Where in a list, and how much of it."""

    limit: Annotated[int, Meta(ge=1, le=100)] = 50
    cursor: Annotated[str, Meta(max_length=4096)] | None = None


class RowPageQuery(Body):
    """Where in a list that is kept whole, and how much of it."""

    limit: Annotated[int, Meta(ge=1, le=100)] = 50
    cursor: (
        Annotated[str, Meta(pattern=r"^[0-9]{1,6}" + END, description="What next_cursor said")]
        | None
    ) = None


class Listing(View, Generic[T]):
    """One page; `next_cursor` is null at the end."""

    data: tuple[T, ...]
    next_cursor: str | None


class AddressBody(Body):
    line1: Text = ""
    line2: Text = ""
    city: Text = ""
    region: Text = ""
    postal_code: Text = ""
    country: Country = ""


def listing(page: Page[Any], views: Iterable[T]) -> Listing[T]:
    return Listing(data=tuple(views), next_cursor=page.cursor)


def address_of(body: AddressBody) -> Address:
    return Address(**structs.asdict(body))


def given(body: Body) -> dict[str, Any]:
    """The fields of a PATCH that were sent."""
    return {name: value for name, value in structs.asdict(body).items() if value is not UNSET}


def day(value: date | None, name: str) -> date | None:
    """The day as sent. Raises InvalidInput where the calendar could not be counted on."""
    if value is not None and not EARLIEST <= value <= LATEST:
        raise InvalidInput("date_invalid", f"{name} has to lie between 2000 and 2200.")
    return value


def instant(value: datetime, name: str) -> datetime:
    """The instant as UTC. Raises InvalidInput where the calendar could not be counted on."""
    if not EARLIEST.year <= value.year <= LATEST.year:
        raise InvalidInput("time_invalid", f"{name} has to lie between 2000 and 2200.")
    return value.astimezone(UTC)


def check_total(total: int) -> None:
    """Raises InvalidInput for a sum that no client could read exactly."""
    if total > LARGEST_TOTAL:
        raise InvalidInput("amount_too_large", "The lines add up to more than can be billed.")


def decimal_of(value: int | str) -> Decimal:
    return Decimal(value)


def plain_decimal(value: Decimal) -> str:
    """Without an exponent: 10, not 1E+1."""
    return format(value.normalize(), "f")
