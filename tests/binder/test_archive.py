"""An archive has one spelling: any byte that is another one is found, in a member or around it."""

from __future__ import annotations

import random
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from close_library.binder.archive import Archive, Content, digest_of, write_archive
from close_library.errors import ReportError

MEMBERS: dict[str, Content] = {
    "period/atlas/20_x.json": b'{"amount": "1.00"}\n' * 40,
    "période/ü.txt": "straße".encode(),
    "empty": b"",
    "books/invoices.parquet": bytes(range(256)) * 20,
}


def is_whole(path: Path, digests: dict[str, str]) -> bool:
    try:
        with Archive(path) as archive:
            same = {name: archive.digest(name) for name in archive.names} == digests
            return same and archive.first_foreign_byte() is None
    except ReportError:
        return False


def test_the_same_members_give_the_same_bytes_in_any_order(tmp_path: Path) -> None:
    write_archive(tmp_path / "one", MEMBERS)
    write_archive(tmp_path / "two", dict(reversed(MEMBERS.items())))
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()


def test_files_and_bytes_give_the_same_archive(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"x" * 3_000_000)
    write_archive(tmp_path / "one", {"a": tmp_path / "file"})
    write_archive(tmp_path / "two", {"a": b"x" * 3_000_000})
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()
    assert is_whole(tmp_path / "one", {"a": digest_of(tmp_path / "file")[0]})


def test_every_single_changed_byte_is_found(tmp_path: Path) -> None:
    write_archive(tmp_path / "whole", MEMBERS)
    digests = {name: digest_of(content)[0] for name, content in MEMBERS.items()}
    assert is_whole(tmp_path / "whole", digests)
    written = (tmp_path / "whole").read_bytes()
    dice = random.Random(7)
    for place in range(len(written)):
        changed = bytearray(written)
        changed[place] ^= 1 << dice.randrange(8)
        (tmp_path / "changed").write_bytes(changed)
        assert not is_whole(tmp_path / "changed", digests), f"byte {place}"


@pytest.mark.parametrize("spoil", [lambda b: b + b"\0", lambda b: b[:-1], lambda b: b"\0" + b, lambda b: b""])
def test_added_and_cut_bytes_are_found(spoil, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    write_archive(tmp_path / "whole", MEMBERS)
    (tmp_path / "spoiled").write_bytes(spoil((tmp_path / "whole").read_bytes()))
    assert not is_whole(tmp_path / "spoiled", {name: digest_of(content)[0] for name, content in MEMBERS.items()})


@pytest.mark.parametrize(
    "name", ["../evil", "/etc/evil", "a/../../evil", "a\\evil", ".", "a/", "C:evil", "./a", "a//b"]
)
def test_a_name_that_leads_outside_is_refused(name: str, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "evil.zip", "w") as archive:
        archive.writestr(name, "x")
    with pytest.raises(ReportError, match="can't be read"):
        Archive(tmp_path / "evil.zip")


def test_a_compressed_archive_is_refused_before_it_is_unpacked(tmp_path: Path) -> None:
    """A hundred kilobytes can hold a hundred megabytes, and members in members more than any disk."""
    with zipfile.ZipFile(tmp_path / "bomb.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a", bytes(100_000_000))
    with pytest.raises(ReportError) as refused:
        Archive(tmp_path / "bomb.zip")
    assert "not stored as it is" in refused.value.faults[0].found


def test_members_that_lie_in_one_another_are_refused(tmp_path: Path) -> None:
    write_archive(tmp_path / "one.zip", {"a": b"x" * 1000, "b": b"y" * 10})
    written = (tmp_path / "one.zip").read_bytes()
    directory = written.index(b"PK\x01\x02")
    entry = written.index(b"PK\x01\x02", directory + 1)
    forged = bytearray(written)
    forged[entry + 20 : entry + 28] = (2000).to_bytes(4, "little") * 2
    (tmp_path / "one.zip").write_bytes(forged)
    with pytest.raises(ReportError):
        Archive(tmp_path / "one.zip")


def test_two_members_of_one_name_are_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "two.zip", "w") as archive, pytest.warns(UserWarning):
        archive.writestr("a", "the one that is checked")
        archive.writestr("a", "the one that is shown")
    with pytest.raises(ReportError) as refused:
        Archive(tmp_path / "two.zip")
    assert "two members of the name 'a'" in refused.value.faults[0].found


def _link(info: zipfile.ZipInfo) -> None:
    info.external_attr = 0o120777 << 16


def _later(info: zipfile.ZipInfo) -> None:
    info.date_time = (2026, 1, 1, 0, 0, 0)


def _commented(info: zipfile.ZipInfo) -> None:
    info.comment = b"paid"


def _extra(info: zipfile.ZipInfo) -> None:
    info.extra = b"\x99\x99\x02\x00hi"


@pytest.mark.parametrize("spoil", [_link, _later, _commented, _extra])
def test_the_same_members_in_other_headers_are_another_archive(
    spoil: Callable[[zipfile.ZipInfo], None], tmp_path: Path
) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        info = zipfile.ZipInfo("a", (1980, 1, 1, 0, 0, 0))
        info.create_system, info.external_attr = 3, 0o644 << 16
        spoil(info)
        archive.writestr(info, "x")
    with Archive(tmp_path / "a.zip") as opened:
        assert opened.first_foreign_byte() is not None


def test_members_in_another_order_are_another_archive(tmp_path: Path) -> None:
    write_archive(tmp_path / "whole.zip", {"a": b"1", "b": b"2"})
    with zipfile.ZipFile(tmp_path / "turned.zip", "w") as turned, zipfile.ZipFile(tmp_path / "whole.zip") as whole:
        for name in ("b", "a"):
            turned.writestr(whole.getinfo(name), whole.read(name))
    with Archive(tmp_path / "turned.zip") as opened:
        assert opened.first_foreign_byte() is not None


def test_a_file_where_another_member_has_a_folder_can_not_be_unpacked(tmp_path: Path) -> None:
    write_archive(tmp_path / "a.zip", {"a": b"1", "a/b": b"2"})
    with Archive(tmp_path / "a.zip") as opened:
        opened.extract("a", tmp_path / "out" / "a")
        with pytest.raises(ReportError, match="can't be read"):
            opened.extract("a/b", tmp_path / "out" / "a" / "b")
        with pytest.raises(ReportError, match="can't be read"):
            opened.extract("a", tmp_path / "out" / "a")


SEGMENTS = st.text(
    st.characters(codec="utf-8", exclude_characters="/\\\0:", exclude_categories=["Cc"]), min_size=1
).filter(lambda segment: segment not in (".", ".."))


@settings(max_examples=40, deadline=None)
@given(members=st.dictionaries(st.lists(SEGMENTS, min_size=1, max_size=3).map("/".join), st.binary(max_size=5000)))
def test_what_is_read_is_what_was_written(members: dict[str, bytes], tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.mktemp("archive") / "it"
    write_archive(path, members)
    with Archive(path) as archive:
        assert {name: archive.read(name) for name in archive.names} == members
        assert archive.first_foreign_byte() is None
