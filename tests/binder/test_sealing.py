"""A small company is closed, sealed, verified and performed again, by the commands as they are typed."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from close_library.binder.archive import Archive, Content, write_archive
from close_library.binder.manifest import MANIFEST, digest_line, manifest_bytes, sealed
from close_library.run.said.said_tables import write_said_tables
from tests.conftest import PROJECT, Tiny
from tests.pdfs import HAS_POPPLER, about, text_of
from tests.run.warm import warm_pool

__all__ = ["warm_pool"]

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
    assert f"Signed by the key {fingerprint}, which is the one expected." in good.out
    assert closed_tiny.close("verify", str(binder), "--seal-only", "--fingerprint", "0" * 64).code == 3
    assert closed_tiny.say("binder", "--key", str(tmp_path / "key.pem"), "--new-key", "x").code == 2


def test_the_next_binder_follows_this_one_and_says_what_was_loosened(closed_tiny: Tiny, tmp_path: Path) -> None:
    key = str(tmp_path / "key.pem")
    assert closed_tiny.say("run", "2026-04").code == 0
    assert closed_tiny.say("binder", "2026-04", "--new-key", key).code == 0
    company = closed_tiny.parameters / "company.yaml"
    company.write_text(company.read_text() + 'tolerances: {tie_out: "50.00"}\n', encoding="utf-8")
    said = closed_tiny.say("binder", "2026-05", "--key", key)
    assert said.code == 2, "the workpapers were computed with another tolerance than would be sealed"
    assert "the period is not complete" in said.err
    assert closed_tiny.say("run", "2026-05").code == 0
    said = closed_tiny.say("binder", "2026-05", "--key", key)
    assert said.code == 0, said.err
    assert "Loosened since: tolerances.tie_out from 0.00 to 50.00" in said.out
    binder = closed_tiny.outputs / "tiny" / BINDER
    checked = closed_tiny.close("verify", str(binder), "--seal-only")
    assert "It follows the binder of 2026-04 (tiny_2026-04.binder.zip)." in checked.out
    assert "What changed since, of settings, notebooks and packages, is as it says: 1 change." in checked.out
    if HAS_POPPLER:
        pdf = zipfile.ZipFile(binder).read("binder.pdf")
        first = text_of(pdf, "-l", "1", "-layout")
        assert re.search(r"Loosened since +tolerances.tie_out from 0.00 to 50.00", first), "it stands on the first page"
        assert re.search(r"Title: .* binder 2026-05\n", about(pdf))

    prior = binder.with_name("tiny_2026-04.binder.zip")
    whole = prior.read_bytes()
    prior.write_bytes(whole.replace(b'"tie_out": "0.00"', b'"tie_out": "9.00"'))
    said = closed_tiny.say("binder", "2026-05", "--key", key)
    assert said.code == 2
    assert "the binder before can't be followed" in said.err
    prior.write_bytes(binder.read_bytes())
    said = closed_tiny.say("binder", "2026-05", "--key", key)
    assert said.code == 2
    assert "the binder of tiny, 2026-05" in said.err


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
        [sys.executable, "-m", "close_library", "verify", binder.name],
        cwd=elsewhere,
        env={**os.environ, "PYTHONPATH": str(PROJECT), "TZ": "Asia/Tokyo", "LC_ALL": "C", "HOME": "/dev/null"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert sorted(path.name for path in elsewhere.iterdir()) == [binder.name]


def test_a_notebook_that_is_not_the_products_is_named_and_not_executed(
    closed_tiny: Tiny, binder: Path, tmp_path: Path
) -> None:
    """A binder comes from somebody else: its code runs only where the reader says so."""
    name = "notebooks/30_receivables_roll_forward.ipynb"
    with Archive(binder) as archive:
        notebook = json.loads(archive.read(name))
    witness = tmp_path / "witness"
    notebook["cells"][2]["source"] = f"open({str(witness)!r}, 'w').close()"
    path = forged(binder, **{name: json.dumps(notebook).encode()})
    said = closed_tiny.close("verify", str(path))
    assert said.code == 2
    assert name in said.err
    assert "--trust-notebooks" in said.err
    assert "everything came out again" not in said.out
    assert not witness.exists()
    facts = json.loads(closed_tiny.close("verify", str(path), "--json").out)
    assert facts["performed"] == []
    assert "not this product's own" in facts["error"]["summary"]
    said = closed_tiny.close("verify", str(path), "--trust-notebooks")
    assert witness.exists()
    assert said.code == 3
    assert "Executed though they are not this product's own notebooks" in said.out


def test_a_company_s_own_notebook_comes_out_again_where_it_is_trusted(closed_tiny: Tiny) -> None:
    own = closed_tiny.notebooks / "30_receivables_roll_forward.ipynb"
    own.write_text(own.read_text(encoding="utf-8").replace("## Purpose", "## Purpose\\n\\nOur own words.", 1), "utf-8")
    assert closed_tiny.say("run").code == 0
    assert closed_tiny.say("binder").code == 0
    binder = str(closed_tiny.outputs / "tiny" / BINDER)
    assert closed_tiny.close("verify", binder).code == 2
    assert closed_tiny.close("verify", binder, "--trust-notebooks").code == 0


def replaced(before: bytes, after: bytes) -> Callable[[bytes], bytes]:
    def change(content: bytes) -> bytes:
        assert before in content
        return content.replace(before, after)

    return change


TIE_OUT = "period/books/parameters.json, scopes._company.values.tolerances.tie_out"
FORGERIES: dict[str, dict[str, tuple[Callable[[bytes], bytes], str]]] = {
    "what the binder says of itself, and what its notebooks are given": {
        "binder.pdf": (lambda content: content + b"%", "binder.pdf"),
        "README.txt": (replaced(b"Tiny", b"Tina"), "README.txt"),
        "environment.json": (replaced(b"duckdb", b"duckdc"), "environment.json, packages.duckdc"),
        "letter.html": (lambda content: b"<p>trust me", "letter.html"),
        "period/books/parameters.json": (replaced(b'"tie_out": "0.00"', b'"tie_out": "99.00"'), TIE_OUT),
        "period/index.json": (replaced(b'"borealis": "Borealis"', b'"corvus": "Borealis"'), "period/index.json"),
    },
    "the files of the parameters": {
        "parameters/company.yaml": (
            lambda content: content.replace(b"company: tiny", b"company: tina") + b'tolerances: {tie_out: "99.00"}\n',
            TIE_OUT,
        ),
    },
    "an index that is none": {"period/index.json": (lambda content: b"[]", "the close")},
    "books that are none": {"period/books/manifest.json": (lambda content: b"{}", "the close")},
}


@pytest.mark.parametrize("forgery", FORGERIES)
def test_what_a_forger_changes_beside_the_books_does_not_come_out_again(
    forgery: str, closed_tiny: Tiny, binder: Path
) -> None:
    """A forger without the key seals anew what he changed; every part of the binder rests on another one."""
    with Archive(binder) as archive:
        changed = {
            name: change(archive.read(name) if name in archive.names else b"")
            for name, (change, _) in FORGERIES[forgery].items()
        }
    said = closed_tiny.close("verify", str(forged(binder, **changed)), "--json")
    assert said.code == 3, said.out + said.err
    places = {difference["place"] for difference in json.loads(said.out)["differences"]}
    assert {place for _, place in FORGERIES[forgery].values()} <= places


def test_signed_openings_that_nobody_signed_are_found(closed_tiny: Tiny, binder: Path) -> None:
    path = closed_tiny.period / "books" / "said_figures.parquet"
    write_said_tables(path.parent, {"said_figures": [("2026-04", "atlas", "30", "closing_balance", "999.00", 1)]})
    said = closed_tiny.close("verify", str(forged(binder, **{"period/books/said_figures.parquet": path.read_bytes()})))
    assert said.code == 3
    assert "said_figures.parquet: no event says 2026-04 atlas 30 closing_balance 999.00" in said.out
    path = path.with_name("said_populations.parquet")
    row = ("2026-04", "atlas", "30", "closing_balance", "invoices", "invoices.csv", "2", "inv-1", "999.0000", 1)
    write_said_tables(path.parent, {"said_populations": [row]})
    said = closed_tiny.close(
        "verify", str(forged(binder, **{"period/books/said_populations.parquet": path.read_bytes()}))
    )
    assert "said_populations.parquet: not the rows that were signed: 2026-04 atlas 30 closing_balance 1" in said.out


def test_a_record_with_a_changed_event_is_not_sealed(closed_tiny: Tiny) -> None:
    signed = closed_tiny.say("sign", "--program", "atlas", "--workpaper", "30", "--as", "preparer", "--by", "Anabel")
    assert signed.code == 0, signed.err
    database = closed_tiny.outputs / "tiny" / "close.db"
    database.write_bytes(database.read_bytes().replace(b"Anabel", b"Isabel"))
    said = closed_tiny.say("binder")
    assert said.code == 2
    assert "the record is not as it was written" in said.err


def test_a_period_whose_record_is_gone_is_not_sealed(closed_tiny: Tiny) -> None:
    """Else it would be sealed as if nobody had ever said a word."""
    assert closed_tiny.say("sign", "-p", "atlas", "-w", "30", "--as", "preparer", "--by", "Ana").code == 0
    (closed_tiny.outputs / "tiny" / "close.db").unlink()
    said = closed_tiny.say("binder")
    assert said.code == 2
    assert "restore the database from a backup" in said.err
    assert not list((closed_tiny.outputs / "tiny").glob("binders/*.zip"))


def test_the_password_of_the_record_is_not_sealed(closed_tiny: Tiny, binder: Path) -> None:
    company = closed_tiny.parameters / "company.yaml"
    company.write_text(company.read_text() + "record: sqlite:///close.db?password=hunter2\n", encoding="utf-8")
    assert closed_tiny.say("binder").code == 0
    assert b"hunter2" not in binder.read_bytes()
    assert closed_tiny.close("verify", str(binder)).code == 0


def test_the_seal_is_checked_without_the_product_as_the_readme_says(
    closed_tiny: Tiny, binder: Path, tmp_path: Path
) -> None:
    assert closed_tiny.say("binder", "--new-key", str(tmp_path / "key.pem")).code == 0
    with Archive(binder) as archive:
        for name in archive.names:
            archive.extract(name, tmp_path / "unpacked" / name)
        commands = [line for line in archive.read("README.txt").decode().splitlines() if line.startswith("  ")]
    if not all(map(shutil.which, ("openssl", "base64"))):
        pytest.skip("openssl or base64 is not installed")
    for command in commands[-2:]:
        done = subprocess.run(["bash", "-c", command], cwd=tmp_path / "unpacked", capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr
    assert "Verified Successfully" in done.stdout
