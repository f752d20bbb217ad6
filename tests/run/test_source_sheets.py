"""The sheets of a period's sources: written by a run, linked from every report, left alone when nothing changed."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

from tests.conftest import PROJECT, Tiny
from tests.pdfs import poppler, text_of
from tests.run.warm import warm_pool

__all__ = ["warm_pool"]

FILES = ("ipe.html", "ipe.json", "ipe.pdf", "ipe.xlsx")


def anchors(page: Path) -> set[str]:
    return set(re.findall(r'id="(source-\w+)"', page.read_text(encoding="utf-8")))


def test_every_source_that_a_report_names_leads_to_its_sheet(closed_tiny: Tiny) -> None:
    period = closed_tiny.period
    there = anchors(period / "ipe.html")
    assert len(there) == len(list(closed_tiny.tables.glob("*.csv")))
    reports = [period / "index.html", *period.glob("*/*.html")]
    for report in reports:
        text = report.read_text(encoding="utf-8")
        up = "" if report.parent == period else "../"
        linked = set(re.findall(rf'href="{re.escape(up)}ipe\.html#(source-\w+)"', text))
        assert linked and linked <= there, report
    assert len(reports) == 7


def test_the_manifest_and_the_index_name_them(closed_tiny: Tiny) -> None:
    manifest = json.loads((closed_tiny.period / "manifest.json").read_text(encoding="utf-8"))
    assert set(FILES) <= set(manifest["files"])
    index = json.loads((closed_tiny.period / "index.json").read_text(encoding="utf-8"))
    assert index["ipe"] == {name.rpartition(".")[2]: name for name in ("ipe.html", "ipe.xlsx", "ipe.pdf", "ipe.json")}


def test_a_sheet_says_who_relies_on_its_source(closed_tiny: Tiny) -> None:
    ipe = json.loads((closed_tiny.period / "ipe.json").read_text(encoding="utf-8"))
    relied = {sheet["table"]: sheet["relied_on_by"] for sheet in ipe["sheets"]}
    assert relied["invoices"] == ["20", "30"]
    assert ipe["completeness"] == {"page": "", "tie_outs": []}, "workpaper 10 is not among the notebooks"


def test_they_stay_where_nothing_changed_and_are_drawn_again_where_a_source_did(closed_tiny: Tiny) -> None:
    before = {name: (closed_tiny.period / name).stat().st_ino for name in FILES}
    assert closed_tiny.say("run").code == 0
    assert {name: (closed_tiny.period / name).stat().st_ino for name in FILES} == before
    with (closed_tiny.tables / "programs.csv").open("a", encoding="utf-8") as file:
        file.write("cygnus,Cygnus\n")
    assert closed_tiny.say("run").code == 0
    ipe = json.loads((closed_tiny.period / "ipe.json").read_text(encoding="utf-8"))
    assert next(each for each in ipe["sheets"] if each["table"] == "programs")["rows"]["read"] == 3


def test_a_file_of_theirs_that_is_gone_comes_back_the_same(closed_tiny: Tiny) -> None:
    held = (closed_tiny.period / "ipe.pdf").read_bytes()
    (closed_tiny.period / "ipe.pdf").unlink()
    assert closed_tiny.say("run").code == 0
    assert (closed_tiny.period / "ipe.pdf").read_bytes() == held


def test_workpaper_10_stands_on_them_with_its_tie_outs_and_what_it_found(tiny: Tiny) -> None:
    shutil.copy(PROJECT / "notebooks" / "10_source_completeness.ipynb", tiny.notebooks)
    with (tiny.tables / "programs.csv").open("a", encoding="utf-8") as file:
        file.write("atlas,Atlas\n")
    assert tiny.say("run", "--program", "_company").code == 0
    ipe = json.loads((tiny.period / "ipe.json").read_text(encoding="utf-8"))
    assert ipe["completeness"]["page"] == "_company/10_source_completeness.html"
    assert {each["id"]: each["agreed"] for each in ipe["completeness"]["tie_outs"]}["10.1"]
    [found] = next(each for each in ipe["sheets"] if each["table"] == "programs")["found"]
    assert (found["finding"], found["count"]) == ("duplicate_key", 1)


@poppler
def test_the_binder_has_them_as_files_and_as_pages(closed_tiny: Tiny, tmp_path: Path) -> None:
    from close_library.binder.archive import Archive

    binder = tmp_path / "tiny.binder.zip"
    said = closed_tiny.say("binder", "--to", str(binder))
    assert said.code == 0, said.err
    with Archive(binder) as archive:
        assert {f"period/{name}" for name in FILES} <= set(archive.names)
        text = text_of(archive.read("binder.pdf"))
    assert "Information produced by the entity (IPE): sources of the period" in text
