"""A sealed binder is looked through without computing: a thousand changed bytes, a false key, a cut record, a false chain."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pytest

from close_library.binder.archive import Archive, Content, write_archive
from close_library.binder.checking import check_seal, check_whole
from close_library.binder.manifest import FORMAT, MANIFEST, binder_hash, digest_line, manifest_bytes, sealed
from close_library.binder.signature import SigningKey, new_key
from close_library.binder.verdict import Difference, Verdict
from close_library.errors import ReportError
from close_library.record import open_record
from close_library.record.export import exported

HEADING: dict[str, Any] = {
    "company": "tiny",
    "company_name": "Tiny, Inc.",
    "period": "2026-05",
    "period_end": "2026-05-31",
    "library": {"version": "0.1.0", "sha256": "0" * 64},
    "python": "3.11.7",
    "packages": {},
    "notebooks": {},
    "record": {"events": 0, "head": ""},
    "prior": None,
}


PARAMETERS = b'{"scopes": {"_company": {"values": {"tolerances": {"tie_out": "0.00"}}, "origins": {}}}}'
LOOSER = PARAMETERS.replace(b'"0.00"', b'"90.00"')


def write_binder(path: Path, key: SigningKey | None = None, **heading: Any) -> Path:
    members: dict[str, Content] = {
        "period/atlas/20_receivables_to_ledger.json": b'{"figures": {"ar_subledger": {"amount": "1234.50"}}}\n',
        "period/books/invoices.parquet": bytes(range(256)) * 8,
        "period/books/parameters.json": heading.pop("parameters", PARAMETERS),
        "record/events.jsonl": heading.pop("events", b""),
        "changes.json": heading.pop("changes", b"[]\n"),
        "README.txt": b"Tiny, Inc.\n",
    }
    write_archive(path, sealed(members, {**HEADING, **heading}, key))
    return path


def check(path: Path, **how: Any) -> Verdict:
    """What a check says; a file that is no archive any more differs as a whole."""
    verdict = Verdict()
    try:
        with Archive(path) as archive:
            check_seal(path, archive, verdict, **how)
    except ReportError as error:
        verdict.differs(path.name, error.faults[0].found)
    return verdict


def test_a_binder_as_it_was_sealed_holds(tmp_path: Path) -> None:
    verdict = check(write_binder(tmp_path / "a.binder.zip"))
    assert verdict.differences == []
    assert verdict.held == [
        "6 files have the bytes that were sealed; none is missing, none was added.",
        "Nothing had been said in the record.",
    ]
    assert any("not signed" in note for note in verdict.notes)


@pytest.mark.parametrize("signed", [False, True])
def test_any_single_changed_byte_is_found(signed: bool, tmp_path: Path) -> None:
    """A thousand places of the file, and every one of the key and the signature."""
    key = new_key(tmp_path / "key.pem") if signed else None
    written = write_binder(tmp_path / "a.binder.zip", key).read_bytes()
    dice = random.Random(1)
    changed = tmp_path / "b.binder.zip"
    places = set(dice.sample(range(len(written)), 1000))
    if signed:
        at = written.index
        places.update(range(at(b"seal/key.pem"), at(b"seal/manifest.json")))
        places.update(range(at(b"seal/signature"), at(b"PK\x01\x02")))
    for place in sorted(places):
        spoiled = bytearray(written)
        spoiled[place] ^= 1 << dice.randrange(8)
        changed.write_bytes(spoiled)
        assert check(changed).differences, f"byte {place}"


def test_a_difference_names_its_place(tmp_path: Path) -> None:
    path = write_binder(tmp_path / "a.binder.zip")
    path.write_bytes(path.read_bytes().replace(b'"1234.50"', b'"1234.51"'))
    (difference,) = check(path).differences
    assert difference.place == "period/atlas/20_receivables_to_ledger.json"


def test_a_binder_by_itself_is_whole_whatever_it_follows(tmp_path: Path) -> None:
    """A file that is not the binder before lies beside it under that name: only who asks for the chain is told."""
    prior = {"period": "2026-04", "sha256": "a" * 64, "file": "before.binder.zip"}
    path = write_binder(tmp_path / "a.binder.zip", prior=prior)
    write_binder(tmp_path / "before.binder.zip")
    assert [each.place for each in check(path).differences] == ["before.binder.zip"]
    alone = Verdict()
    with Archive(path) as archive:
        assert check_whole(archive, alone)["prior"] == prior
    assert alone.differences == []
    assert len(alone.held) == 2


def test_the_key_that_sealed_it(tmp_path: Path) -> None:
    key, other = new_key(tmp_path / "a.pem"), new_key(tmp_path / "b.pem")
    path = write_binder(tmp_path / "a.binder.zip", key)
    assert (
        f"Signed by the key {key.fingerprint}, which is the one expected." in check(path, trusted=key.fingerprint).held
    )
    unknown = check(path)
    assert f"Signed by the key {key.fingerprint}." in unknown.held
    assert any("no binder can prove" in note for note in unknown.notes)
    assert check(path, trusted=other.fingerprint).differences
    assert check(write_binder(tmp_path / "u.binder.zip"), trusted=key.fingerprint).differences


def test_a_manifest_signed_by_another_key_is_found(tmp_path: Path) -> None:
    key, other = new_key(tmp_path / "a.pem"), new_key(tmp_path / "b.pem")
    path = write_binder(tmp_path / "a.binder.zip", key)
    with Archive(path) as archive:
        members: dict[str, Content] = {name: archive.read(name) for name in archive.names}
    forged = write_archive_of(tmp_path / "f.binder.zip", {**members, "seal/signature": other.sign(members[MANIFEST])})  # type: ignore[arg-type]
    assert [difference.place for difference in check(forged).differences] == ["seal/signature"]


def write_archive_of(path: Path, members: dict[str, Content]) -> Path:
    write_archive(path, members)
    return path


def test_a_file_that_was_put_in_or_taken_out(tmp_path: Path) -> None:
    path = write_binder(tmp_path / "a.binder.zip")
    with Archive(path) as archive:
        members: dict[str, Content] = {name: archive.read(name) for name in archive.names}
    more = write_archive_of(tmp_path / "b.binder.zip", {**members, "period/extra.html": b"x"})
    assert check(more).differences == [Difference("period/extra.html", "not sealed: the manifest does not name it")]
    members.pop("README.txt")
    less = write_archive_of(tmp_path / "c.binder.zip", members)
    assert check(less).differences == [Difference("README.txt", "missing")]


def test_the_binder_before(tmp_path: Path) -> None:
    first = write_binder(tmp_path / "tiny_2026-04.binder.zip", period="2026-04")
    with Archive(first) as archive:
        prior = {"period": "2026-04", "sha256": binder_hash(archive), "file": first.name}
    second = write_binder(tmp_path / "tiny_2026-05.binder.zip", prior=prior)
    assert "It follows the binder of 2026-04 (tiny_2026-04.binder.zip)." in check(second).held
    write_binder(first, period="2026-04", company_name="Other, Inc.")
    assert [difference.place for difference in check(second).differences] == [first.name]
    first.unlink()
    verdict = check(second)
    assert verdict.differences == []
    assert any("which is not here" in note for note in verdict.notes)


def follows(first: Path) -> dict[str, str]:
    with Archive(first) as archive:
        return {"period": "2026-04", "sha256": binder_hash(archive), "file": first.name}


def test_changes_that_are_kept_quiet_are_found_beside_the_binder_before(tmp_path: Path) -> None:
    first = write_binder(tmp_path / "tiny_2026-04.binder.zip", period="2026-04")
    quiet = write_binder(tmp_path / "tiny_2026-05.binder.zip", prior=follows(first), parameters=LOOSER)
    assert [difference.place for difference in check(quiet).differences] == ["changes.json"]
    same = write_binder(tmp_path / "tiny_2026-05.binder.zip", prior=follows(first))
    assert "What changed since, of settings, notebooks and packages, is as it says: 0 changes." in check(same).held


def test_the_binder_before_with_other_parameters_than_it_sealed(tmp_path: Path) -> None:
    first = write_binder(tmp_path / "tiny_2026-04.binder.zip", period="2026-04")
    second = write_binder(tmp_path / "tiny_2026-05.binder.zip", prior=follows(first), parameters=LOOSER)
    with Archive(first) as archive:
        members: dict[str, Content] = {name: archive.read(name) for name in archive.names}
    write_archive_of(first, {**members, "period/books/parameters.json": LOOSER})
    assert [d.place for d in check(second).differences] == ["tiny_2026-04.binder.zip, period/books/parameters.json"]


def test_another_key_than_the_binder_before_and_a_binder_between_are_told(tmp_path: Path) -> None:
    key, other = new_key(tmp_path / "a.pem"), new_key(tmp_path / "b.pem")
    first = write_binder(tmp_path / "tiny_2026-03.binder.zip", key, period="2026-03")
    write_binder(tmp_path / "tiny_2026-04.binder.zip", key, period="2026-04")
    prior = {**follows(first), "period": "2026-03"}
    verdict = check(write_binder(tmp_path / "tiny_2026-05.binder.zip", other, prior=prior))
    assert f"The binder before was sealed with another key: {key.fingerprint}." in verdict.notes
    assert "tiny_2026-04.binder.zip lies beside it, and it does not follow that one." in verdict.notes


def test_a_binder_before_that_is_named_and_not_there(tmp_path: Path) -> None:
    path = write_binder(tmp_path / "tiny_2026-05.binder.zip")
    assert check(path, prior=tmp_path / "none.zip").differences == [
        Difference("none.zip", "this binder says that it follows none")
    ]


@pytest.mark.parametrize(
    "wrong",
    [
        {"company": "../../home"},
        {"company": "a/b"},
        {"company": ".."},
        {"company": ""},
        {"period": "../2026-05"},
        {"period": 202605},
        {"files": None},
        {"files": {"a": {}}},
        {"files": {"a": {"sha256": 1}}},
        {"key": "abc"},
        {"record": None},
        {"record": {"events": "1", "head": ""}},
        {"prior": {"period": "2026-04", "sha256": "0" * 64, "file": "../x.binder.zip"}},
        {"prior": {}},
        {"library": {}},
        {"packages": ["duckdb"]},
        {"notebooks": 1},
        {"format": "binder/9"},
    ],
    ids=str,
)
def test_a_manifest_of_another_shape_is_a_difference_never_a_bug(wrong: dict[str, Any], tmp_path: Path) -> None:
    """What it says of company, period and files becomes paths on the machine of whoever verifies."""
    manifest = manifest_bytes({**HEADING, "format": FORMAT, "key": None, "files": {}, **wrong})
    path = write_archive_of(tmp_path / "a.zip", {MANIFEST: manifest, "seal/manifest.sha256": digest_line(manifest)})
    assert [difference.place for difference in check(path).differences] == ["seal"]


@pytest.mark.parametrize(
    "content", [b"", b"[]", b"null", b"\xff", b"[" * 100_000, b'{"a": "\\ud800"}\n', b'{"a": NaN}']
)
def test_a_manifest_that_is_none(content: bytes, tmp_path: Path) -> None:
    path = write_archive_of(tmp_path / "a.zip", {MANIFEST: content, "seal/manifest.sha256": digest_line(content)})
    assert check(path).differences


def test_the_events_of_the_record(tmp_path: Path) -> None:
    with open_record("sqlite:///close.db", tmp_path / "tiny") as record:
        for number in range(3):
            record.explain("2026-05", "atlas", "20", f"timing:INV-{number}", "1.00", "Paid on the first", by="Ana")
        record.explain("2026-06", "atlas", "20", "timing:INV-9", "1.00", "Of a later month", by="Ana")
        events = exported(record.events(), "2026-05")
        head = list(record.events())[2].hash
    whole = write_binder(tmp_path / "a.binder.zip", events=events, record={"events": 3, "head": head})
    assert "3 events of the record follow each other without a gap." in check(whole).held
    lines = events.splitlines(keepends=True)
    for spoiled in (
        b"".join(lines[:2]),
        b"".join(lines[1:]),
        events.replace(b"Paid on the first", b"Paid on the third", 1),
    ):
        path = write_binder(tmp_path / "b.binder.zip", events=spoiled, record={"events": 3, "head": head})
        assert any(difference.place.startswith("record/") for difference in check(path).differences)


def test_a_file_that_is_no_binder(tmp_path: Path) -> None:
    (tmp_path / "a.binder.zip").write_bytes(b"PK but no binder")
    assert check(tmp_path / "a.binder.zip").differences
    write_archive(tmp_path / "b.binder.zip", {"seal/manifest.json": json.dumps({"format": "other"}).encode()})
    assert check(tmp_path / "b.binder.zip").differences
