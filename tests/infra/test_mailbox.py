"""Mails as they arrive are mails as they are shown: text, HTML, attachments, Bcc and dots."""

from __future__ import annotations

import json
import smtplib
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack
from email.message import EmailMessage
from pathlib import Path

import pytest

from infra.local.emulator import free_port
from infra.local.mailbox import A_PAGE, Mailbox
from infra.local.smtp_sink import SmtpSink
from infra.local.world import serving

HTML = '<p>Pay <a href="https://example.com/pay">here</a></p><img src="cid:logo">'


def invoice_mail() -> EmailMessage:
    mail = EmailMessage()
    mail["From"] = "Billing <billing@duecourse.test>"
    mail["To"] = "payer@example.com"
    mail["Subject"] = "<b>Invoice</b> 7 für Łukasz"
    mail.set_content("first line\n.a line with a dot\nlast line\n")
    mail.add_alternative(HTML, subtype="html")
    mail.add_attachment(b"%PDF-1.7", maintype="application", subtype="pdf", filename="inv 7.pdf")
    return mail


class Post:
    """A sink and a mailbox over the same folder."""

    def __init__(self, folder: Path) -> None:
        self.sink = SmtpSink(free_port(), folder)
        self.box = Mailbox(free_port(), folder)

    def send(self, mail: EmailMessage, *to: str) -> None:
        host, port = self.sink.server_address[:2]
        with smtplib.SMTP(str(host), int(port), timeout=5) as relay:
            relay.send_message(mail, to_addrs=list(to))

    def get(self, path: str) -> tuple[str, bytes]:
        with urllib.request.urlopen(
            f"http://127.0.0.1:{self.box.server_port}{path}", timeout=5
        ) as answer:
            return answer.headers["Content-Type"], answer.read()


@pytest.fixture
def post(tmp_path: Path) -> Iterator[Post]:
    with ExitStack() as running:
        made = Post(tmp_path / "mail")
        running.enter_context(serving(made.sink))
        running.enter_context(serving(made.box))
        yield made


def test_a_mail_is_kept_whole(post: Post) -> None:
    post.send(invoice_mail(), "payer@example.com", "hidden@example.com")
    (mail,) = post.box.mails()
    assert (mail.sender, mail.to) == ("Billing <billing@duecourse.test>", "payer@example.com")
    assert mail.subject == "<b>Invoice</b> 7 für Łukasz"
    assert mail.text.splitlines() == ["first line", ".a line with a dot", "last line"]
    assert mail.html.strip() == HTML
    assert mail.attachments == ["inv 7.pdf"]
    assert (
        b"X-Envelope-To: payer@example.com, hidden@example.com"
        in post.get(f"/mail/{mail.id}/raw")[1]
    )


def test_many_mails_in_one_conversation_and_in_parallel(post: Post) -> None:
    threads = [
        threading.Thread(target=post.send, args=(invoice_mail(), "payer@example.com"))
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({mail.id for mail in post.box.mails()}) == 8


def test_the_list_escapes_what_a_mail_says(post: Post) -> None:
    post.send(invoice_mail(), "payer@example.com")
    page = post.get("/")[1].decode()
    assert "&lt;b&gt;Invoice&lt;/b&gt; 7 für Łukasz" in page
    assert "<b>Invoice" not in page


def test_html_is_shown_without_scripts_and_with_its_images(post: Post) -> None:
    post.send(invoice_mail(), "payer@example.com")
    (mail,) = post.box.mails()
    page = post.get(f"/mail/{mail.id}")[1].decode()
    assert 'sandbox="allow-popups allow-popups-to-escape-sandbox"' in page
    shown = post.get(f"/mail/{mail.id}/html")[1].decode()
    assert f'src="/mail/{mail.id}/part/logo"' in shown


def test_an_attachment_is_given_back_byte_for_byte(post: Post) -> None:
    post.send(invoice_mail(), "payer@example.com")
    (mail,) = post.box.mails()
    assert post.get(f"/mail/{mail.id}/part/inv%207.pdf") == ("application/pdf", b"%PDF-1.7")


def test_mails_as_data_are_the_newest_first(post: Post) -> None:
    for subject in ("first", "second"):
        mail = EmailMessage()
        mail["Subject"] = subject
        mail["From"] = "billing@duecourse.test"
        mail["To"] = "payer@example.com"
        mail.set_content("x")
        post.send(mail, "payer@example.com")
    listed = json.loads(post.get("/api/mails")[1])
    assert [one["subject"] for one in listed] == ["second", "first"]


@pytest.mark.parametrize("path", ["/mail/../../etc/passwd", "/mail/nothing", "/elsewhere"])
def test_what_is_not_there_is_not_found(post: Post, path: str) -> None:
    with pytest.raises(urllib.error.HTTPError) as refusal:
        post.get(path)
    assert refusal.value.code == 404


def test_thousands_of_mails_are_shown_some_at_a_time(post: Post) -> None:
    for number in range(A_PAGE + 3):
        mail = post.box.folder / f"{1_700_000_000_000 + number}-0000.eml"
        mail.write_bytes(f"To: a@b.example\r\nSubject: mail no. {number}.\r\n\r\nhi\r\n".encode())
    page = post.get("/")[1].decode()
    assert f"{A_PAGE + 3} mails" in page
    assert page.count("mail no. ") == A_PAGE
    assert f"mail no. {A_PAGE + 2}." in page
    assert f'href="/?from={A_PAGE}"' in page
    older = post.get(f"/?from={A_PAGE}")[1].decode()
    assert older.count("mail no. ") == 3
    assert "Older mails" not in older
    assert "mail no. 0." in older
