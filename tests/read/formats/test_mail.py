from __future__ import annotations

from datetime import date
from email.message import EmailMessage
from pathlib import Path

from tests.read.samples import SAMPLES

from shortlist.read import ReadOptions, Skipped, Source, read_bytes, read_paths
from shortlist.read.reading import read_source
from shortlist.records import Document


def message(subject: str = "Keys", text: str = "Rotate them.\n") -> EmailMessage:
    mail = EmailMessage()
    mail["Subject"] = subject
    mail["From"] = "张三 <zhang@example.org>"
    mail["Date"] = "Mon, 06 May 2024 08:00:00 +0800"
    mail.set_content(text)
    return mail


def test_the_subject_is_the_title_and_the_headers_are_metadata() -> None:
    [document] = read_bytes("a.eml", message("密钥轮换的通知", "签名密钥。\n").as_bytes())
    assert (document.title, document.text, document.id) == ("密钥轮换的通知", "签名密钥。", "a.eml")
    assert dict(document.metadata) == {"sender": "张三 <zhang@example.org>", "date": date(2024, 5, 6)}


def test_of_alternatives_the_plain_text_is_read_and_html_where_there_is_no_other() -> None:
    both = message(text="plain\n")
    both.add_alternative("<p>marked</p>", subtype="html")
    assert read_bytes("a.eml", both.as_bytes())[0].text == "plain"
    html = EmailMessage()
    html["Subject"] = "s"
    html.set_content("<h1>Head</h1><p>marked</p>", subtype="html")
    [document] = read_bytes("a.eml", html.as_bytes())
    assert document.text == "Head\n\nmarked"
    assert document.headings[0].title == "Head"


def test_attachments_are_read_by_their_own_formats() -> None:
    mail = message()
    for name in ("pdf", "docx"):
        mail.add_attachment(SAMPLES[name][1], maintype="application", subtype="octet-stream", filename=f"附件.{name}")
    mail.add_attachment(b"\x89PNG\0\1\2\3", maintype="image", subtype="png", filename="logo.png")
    mail.add_attachment(message("Inner"))
    items = list(read_source(Source(id="a.eml", name="a.eml", content=mail.as_bytes())))
    found = [(item.format, item.source) for item in items if isinstance(item, Document)]
    assert found == [
        ("mail", "a.eml"),
        ("pdf", "a.eml#附件.pdf"),
        ("docx", "a.eml#附件.docx"),
        ("mail", "a.eml#message.eml"),
    ]
    assert [(item.path, item.reason) for item in items if isinstance(item, Skipped)] == [("a.eml#logo.png", "binary")]
    assert len({item.id for item in items if isinstance(item, Document)}) == 4


def test_mails_in_mails_end() -> None:
    mail = message("0")
    for n in range(1, 8):
        outer = message(str(n))
        outer.add_attachment(mail)
        mail = outer
    assert [document.title for document in read_bytes("a.eml", mail.as_bytes())] == ["7", "6", "5", "4"]


def test_a_mailbox_gives_a_document_a_message(tmp_path: Path) -> None:
    named = message("Two", "From the start: no new message.\n\n>From here 1:00 in 2024\n")
    named["Message-ID"] = "<two@example.org>"
    path = tmp_path / "inbox.mbox"
    path.write_bytes(
        b"".join(b"From a@b Mon May  6 08:00:00 2024\n" + mail.as_bytes() + b"\n" for mail in (message("One"), named))
    )
    one, two = read_paths([path], ReadOptions(root=tmp_path))
    assert isinstance(one, Document)
    assert isinstance(two, Document)
    assert (one.id, one.title, two.id, two.title) == ("inbox.mbox#1", "One", "two@example.org", "Two")
    assert two.text == "From the start: no new message.\n\nFrom here 1:00 in 2024"


def test_a_message_beyond_the_limit_is_left_out_and_the_others_read(tmp_path: Path) -> None:
    path = tmp_path / "inbox.mbox"
    texts = ("small\n", "long line\n" * 5000, "last\n")
    path.write_bytes(
        b"".join(b"From a@b Mon May  6 08:00:00 2024\n" + message(text=text).as_bytes() + b"\n" for text in texts)
    )
    small, large, last = read_paths([path], ReadOptions(max_file_bytes=20_000))
    assert isinstance(small, Document)
    assert isinstance(large, Skipped)
    assert large.reason == "bad-row"
    assert path.read_bytes().splitlines()[(large.line or 0) - 1].startswith(b"Subject")
    assert isinstance(last, Document)


def test_headers_in_raw_chinese_and_broken_ones_are_read() -> None:
    raw = "Subject: 签名密钥轮换通知，请各部门查收\nFrom: a\nDate: never\n\ntext".encode("gb18030")
    [document] = read_bytes("a.eml", raw)
    assert document.title == "签名密钥轮换通知，请各部门查收"
    assert "date" not in document.metadata
    [document] = read_bytes("a.eml", b"Subject: =?gb2312?B?x6nD+w==?= =?nope?B?x6nD+w==?= =?utf-8?B?x?=\n\ntext")
    assert document.title.startswith("签名")


def test_a_body_in_a_wrong_or_unknown_encoding_is_read() -> None:
    text = "签名密钥每九十天轮换一次。"
    for claimed in ("us-ascii", "gb2312", "x-unknown", "utf-8"):
        head = f"Subject: s\nContent-Type: text/plain; charset={claimed}\n\n".encode()
        for encoding in ("gb18030", "utf-8"):
            assert read_bytes("a.eml", head + text.encode(encoding))[0].text == text
