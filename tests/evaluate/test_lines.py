import gzip
from pathlib import Path

import pytest

from shortlist.errors import ReadError
from shortlist.evaluate.lines import numbered_lines


def test_gzip_is_told_by_content_and_blank_lines_keep_their_numbers(tmp_path: Path) -> None:
    plain, packed = tmp_path / "plain.gz", tmp_path / "packed.tsv"
    content = "\ufeff一\r\n\n  \ntwo".encode()
    plain.write_bytes(content)
    packed.write_bytes(gzip.compress(content))
    assert list(numbered_lines(plain)) == list(numbered_lines(packed)) == [(1, "一"), (4, "two")]


def test_what_is_not_utf8_is_told_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "gbk.tsv"
    path.write_bytes(b"first\n" + "签名".encode("gb18030"))
    with pytest.raises(ReadError, match="line 2 is not UTF-8"):
        list(numbered_lines(path))


def test_damaged_and_missing_files_are_named(tmp_path: Path) -> None:
    cut = tmp_path / "cut.gz"
    cut.write_bytes(gzip.compress(b"line\n" * 1000)[:-12])
    for path in (cut, tmp_path / "missing"):
        with pytest.raises(ReadError, match=path.name):
            list(numbered_lines(path))
