"""A browser without scripts over a whole install in one process: cookies, forms, redirects.

It sends what a browser sends by itself (`Sec-Fetch-Site`, `Origin`, the cookie) and follows
relative addresses, so a link that leads nowhere fails here.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urlencode, urljoin, urlsplit

from chalice.test import Client

from app import app
from chalicelib.domain.customer import Customer
from chalicelib.domain.invoice import Invoice
from chalicelib.services import portal_links
from tests.fakes.install import Install

HOME = "https://pay.example"
FORM = "application/x-www-form-urlencoded"


@dataclass
class Form:
    action: str
    fields: dict[str, str] = field(default_factory=dict)
    button: str = ""


class _Reader(HTMLParser):
    """Forms, links, the refresh and the words of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self.links: list[str] = []
        self.metas: dict[str, str] = {}
        self.tags: list[str] = []
        self.lang = ""
        self._words: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.tags.append(tag)
        if tag == "html":
            self.lang = given["lang"]
        if tag == "form":
            self.forms.append(Form(given.get("action", "")))
        if tag == "input":
            self.forms[-1].fields[given["name"]] = given.get("value", "")
        if tag == "a":
            self.links.append(given["href"])
        if tag == "meta" and "http-equiv" in given:
            self.metas[given["http-equiv"]] = given["content"]

    def handle_data(self, data: str) -> None:
        if self.tags[-1:] == ["button"] and data.strip() and not self.forms[-1].button:
            self.forms[-1].button = data.strip()
        if self.tags[-1:] != ["style"] or "{" not in data:
            self._words.append(data.strip())

    @property
    def words(self) -> str:
        return " ".join(word for word in self._words if word)


@dataclass
class Shown:
    """What came back for one request."""

    status: int
    headers: dict[str, str]
    html: str

    def __post_init__(self) -> None:
        self.page = _Reader()
        self.page.feed(self.html)

    @property
    def words(self) -> str:
        return self.page.words

    @property
    def refresh(self) -> str | None:
        return self.page.metas.get("refresh")

    def form(self, action: str) -> Form:
        return next(one for one in self.page.forms if one.action == action)

    def buttons(self) -> list[str]:
        return [one.button for one in self.page.forms]


@dataclass
class Browser:
    """`languages` is what it prefers, `cookie` what it was given."""

    install: Install
    languages: str = "en-US,en;q=0.9"
    cookie: str = ""
    client: Client = field(default_factory=lambda: Client(app))

    def open(self, link: str) -> Shown:
        """A link from a mail, followed to the page."""
        return self.get(self.get(link).headers["Location"], at=link)

    def get(self, path: str, *, at: str = "/portal") -> Shown:
        return self.send("GET", urljoin(at, path), {})

    def submit(self, form: Form, **headers: str) -> Shown:
        own = {"Sec-Fetch-Site": "same-origin", "Origin": HOME, "Content-Type": FORM}
        body = urlencode(form.fields).encode()
        return self.send("POST", urljoin("/portal", form.action), own | headers, body)

    def send(self, method: str, path: str, headers: dict[str, str], body: bytes = b"") -> Shown:
        known = {"Accept-Language": self.languages, "Cookie": self.cookie} | headers
        sent = {name: value for name, value in known.items() if value}
        answer = self.client.http.request(method, path, headers=sent, body=body)
        given = dict(answer.headers)
        self.cookie = given.get("Set-Cookie", self.cookie).partition(";")[0]
        return Shown(answer.status_code, given, answer.body.decode())

    def followed(self, shown: Shown, *, at: str = "/portal/pay") -> Shown:
        assert shown.status == 303, shown.words
        return self.get(shown.headers["Location"], at=at)


def link_of(install: Install, subject: Invoice | Customer) -> str:
    """The path in a mail's link."""
    if isinstance(subject, Invoice):
        url = portal_links.link_for(install.ports, subject)
    else:
        url = portal_links.customer_link(install.ports, subject)
    return f"/portal/{urlsplit(url).path.rpartition('/')[2]}"
