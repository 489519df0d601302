import json
from pathlib import Path

from training.encoder.sources.descriptions import descriptions, pairs
from training.encoder.sources.parallel import beside, catalogues, help_pages, paired, trees
from training.encoder.sources.passages import Pair

ENGLISH = """Package: zip
Description-md5: aa11
Description-en: archiver for .zip files
 This program puts files together and makes them smaller, and it can be used for backups of
 whole folders, for sending many files at once, and for keeping old versions where they take
 less room than they did before.
 .
  * It reads archives of other programs.

Package: old
Description-md5: bb22
Description-en: transitional package
"""
CHINESE = """Package: zip
Description-md5: aa11
Description-zh_CN: 压缩文件的归档程序
 这个程序把文件放在一起，并使其变小，可用于备份整个
 文件夹。
 .
  * 它可以读取其他程序的归档文件。

Package: zip
Description-md5: other
Description-zh_CN: 过时的翻译
 说的是别的内容。
"""


def debian(tmp_path: Path) -> Path:
    (tmp_path / "main_i18n_Translation-en.txt").write_text(ENGLISH, encoding="utf-8")
    (tmp_path / "main_i18n_Translation-zh%5fCN.txt").write_text(CHINESE, encoding="utf-8")
    return tmp_path


def test_a_description_is_asked_for_by_its_first_line(tmp_path: Path) -> None:
    (passage,) = descriptions("en")(debian(tmp_path))
    assert passage.query == "archiver for .zip files"
    assert passage.text.startswith("This program puts files together")
    assert passage.text.endswith("It reads archives of other programs.") == (len(passage.text.split()) > 45)


def test_only_translations_of_the_same_text_are_paired(tmp_path: Path) -> None:
    found = list(pairs(debian(tmp_path)))
    assert [pair.zh for pair in found] == [
        "压缩文件的归档程序",
        "这个程序把文件放在一起，并使其变小，可用于备份整个文件夹。",
        "它可以读取其他程序的归档文件。",
    ]
    assert found[2].en == "It reads archives of other programs."


def test_messages_are_paired_by_their_place_in_the_tree(tmp_path: Path) -> None:
    english = {"a": {"title": "Open the door of the house", "short": "Open"}, "b": "Only in one of the languages"}
    chinese = {"a": {"title": "打开房子的门", "short": "打开"}}
    (tmp_path / "en.json").write_text(json.dumps(english))
    (tmp_path / "zh.json").write_text(json.dumps(chinese))
    assert list(trees("en.json", beside("zh.json"))(tmp_path)) == [Pair("Open the door of the house", "打开房子的门")]


def test_a_catalogue_loses_its_context_and_what_is_to_be_filled_in(tmp_path: Path) -> None:
    messages = {
        "": {"domain": "x"},
        "menu\x04Open the door of the house": ["打开房子的门"],
        "You have {n} new mails": ["有 {n} 封新邮件"],
    }
    (tmp_path / "x.json").write_text(json.dumps(messages))
    assert list(catalogues("*.json")(tmp_path)) == [Pair("Open the door of the house", "打开房子的门")]


def test_help_is_paired_where_both_pages_have_as_many_blocks(tmp_path: Path) -> None:
    for language, text in (("en-US", "Opens the door of the house."), ("zh-CN", "打开房子的门。")):
        (tmp_path / language).mkdir()
        (tmp_path / language / "door.html").write_text(
            f'<script type="text/html"><p>{text}</p></script>', encoding="utf-8"
        )
        (tmp_path / language / "lost.html").write_text("<p>one</p>" * (1 + (language == "en-US")), encoding="utf-8")
    assert list(help_pages("en-US", "zh-CN")(tmp_path)) == [Pair("Opens the door of the house.", "打开房子的门。")]


def test_an_untranslated_message_is_no_pair() -> None:
    assert not list(paired("Open the door of the house", "Open the door of the house"))
    assert not list(paired("OK", "确定"))
