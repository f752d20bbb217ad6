"""A small company is closed, sealed, verified and performed again, by the commands as they are typed."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from close_library.binder.archive import Archive, Content, write_archive
from close_library.binder.manifest import MANIFEST, digest_line, manifest_bytes, sealed
from tests.conftest import Tiny

pytestmark = pytest.mark.slow

BINDER = Path("binders") / "tiny_2026-05.binder.zip"


@pytest.fixture
def binder(closed_tiny: Tiny) -> Path:
    """The company's binder, without a key."""
    said = closed_tiny.say("binder")
    assert said.code == 0, said.err
    return closed_tiny.outputs / "tiny" / BINDER


def forged(binder: Path, **changed: bytes) -> Path:
    """A binder with other files, sealed anew as a forger without the key would."""
    with Archive(binder) as archive:
        members: dict[str, Content] = {name: archive.read(name) for name in archive.names}
        manifest = json.loads(archive.read(MANIFEST))
    for name in ("files", "key", "format"):
        manifest.pop(name)
    members = {name: content for name, content in members.items() if not name.startswith("seal/")}
    path = binder.with_name("forged.binder.zip")
    write_archive(path, sealed({**members, **changed}, manifest, None))
    return path


def test_sealing_twice_gives_the_same_bytes(closed_tiny: Tiny, binder: Path) -> None:
    first = binder.read_bytes()
    assert closed_tiny.say("binder").code == 0
    assert binder.read_bytes() == first


def test_a_whole_binder_comes_out_again(closed_tiny: Tiny, binder: Path) -> None:
    said = closed_tiny.close("verify", str(binder))
    assert said.code == 0, said.out + said.err
    assert "The binder is whole, and everything came out again." in said.out
    facts = json.loads(closed_tiny.close("verify", str(binder), "--json").out)
    assert facts["differences"] == []
    assert (facts["company"], facts["period"]) == ("tiny", "2026-05")


def test_a_figure_that_does_not_come_out_again_is_named(closed_tiny: Tiny, binder: Path) -> None:
    name = "period/atlas/30_receivables_roll_forward.json"
    with Archive(binder) as archive:
        document = json.loads(archive.read(name))
    document["figures"]["closing_balance"]["amount"] = "77.00"
    said = closed_tiny.close("verify", str(forged(binder, **{name: json.dumps(document).encode()})))
    assert said.code == 3
    assert f"✗ {name}, figures.closing_balance.amount: sealed 77.00, again 0.00" in said.out


def test_a_changed_book_gives_other_figures(closed_tiny: Tiny, binder: Path) -> None:
    """A forger who changes the sealed rows is found by the books' own seal, or by what they give."""
    name = "period/books/gl_entries.parquet"
    with Archive(binder) as archive:
        rows = archive.read(name)
    said = closed_tiny.close("verify", str(forged(binder, **{name: rows[:-100] + bytes(100)})))
    assert said.code == 3
    assert "✗" in said.out


def test_what_people_said_is_in_the_binder_and_on_its_pages(closed_tiny: Tiny, binder: Path) -> None:
    unsigned = binder.read_bytes()
    signed = closed_tiny.say("sign", "--program", "atlas", "--workpaper", "30", "--as", "preparer", "--by", "Ana")
    assert signed.code == 0, signed.err
    assert closed_tiny.say("binder").code == 0
    assert binder.read_bytes() != unsigned
    with Archive(binder) as archive:
        assert b'"by":"Ana"' in archive.read("record/events.jsonl")
        assert b"Ana" in archive.read("period/atlas/30_receivables_roll_forward.html")
    said = closed_tiny.close("verify", str(binder))
    assert said.code == 0, said.out


def test_a_key_signs_and_its_fingerprint_is_asked_for(closed_tiny: Tiny, binder: Path, tmp_path: Path) -> None:
    said = closed_tiny.say("binder", "--new-key", str(tmp_path / "key.pem"), "--json")
    fingerprint = json.loads(said.out)["key"]
    good = closed_tiny.close("verify", str(binder), "--seal-only", "--fingerprint", fingerprint)
    assert good.code == 0
    assert f"Signed by the key {fingerprint}." in good.out
    assert closed_tiny.close("verify", str(binder), "--seal-only", "--fingerprint", "0" * 64).code == 3
    assert closed_tiny.say("binder", "--key", str(tmp_path / "key.pem"), "--new-key", "x").code == 2


def test_the_next_binder_follows_this_one_and_says_what_was_loosened(closed_tiny: Tiny, binder: Path) -> None:
    company = closed_tiny.parameters / "company.yaml"
    company.write_text(company.read_text() + 'tolerances: {tie_out: "50.00"}\n', encoding="utf-8")
    assert closed_tiny.say("run", "2026-05").code == 0
    earlier = binder.with_name("tiny_2026-04.binder.zip")
    binder.replace(earlier)
    said = closed_tiny.say("binder")
    assert said.code == 0, said.err
    assert "Loosened since: tolerances.tie_out from 0.00 to 50.00" in said.out
    checked = closed_tiny.close("verify", str(binder), "--seal-only")
    assert "It follows the binder of 2026-05 (tiny_2026-04.binder.zip)." in checked.out


def test_a_file_that_was_changed_after_the_run_is_not_sealed(closed_tiny: Tiny) -> None:
    page = closed_tiny.period / "atlas" / "30_receivables_roll_forward.html"
    page.write_bytes(page.read_bytes() + b"<!-- retouched -->")
    said = closed_tiny.say("binder")
    assert said.code == 2
    assert "30_receivables_roll_forward.html" in said.err
    assert not (closed_tiny.outputs / "tiny" / BINDER).exists()


def test_a_period_that_was_not_run_is_not_sealed(tiny: Tiny) -> None:
    said = tiny.say("binder")
    assert said.code == 2
    assert "the period is not complete" in said.err


def test_there_is_no_binder(tiny: Tiny) -> None:
    said = tiny.close("verify", str(tiny.folder / "none.binder.zip"))
    assert said.code == 2
    assert "there is no binder" in said.err


def test_the_digest_of_the_manifest_is_read_by_sha256sum(binder: Path, tmp_path: Path) -> None:
    with Archive(binder) as archive:
        manifest = archive.read(MANIFEST)
        assert manifest == manifest_bytes(json.loads(manifest))
        assert archive.read("seal/manifest.sha256") == digest_line(manifest)


@pytest.mark.slow
def test_a_process_of_its_own_verifies_it_elsewhere(binder: Path, tmp_path: Path) -> None:
    """Offline, in an empty folder, with nothing of the company at hand."""
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / binder.name).write_bytes(binder.read_bytes())
    done = subprocess.run(
        [sys.executable, "-m", "close_library", "verify", binder.name], cwd=elsewhere, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert sorted(path.name for path in elsewhere.iterdir()) == [binder.name]
