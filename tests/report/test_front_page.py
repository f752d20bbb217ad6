"""The front page: the matrix, what needs attention and in which order, and addresses that stay files."""

from __future__ import annotations

import re
from typing import Any

import pytest

from close_library.report import render_index
from tests.report.conftest import NOTHING_SAID
from tests.report.papers import HOSTILE, sources


def an_index(hostile: bool = False) -> dict[str, Any]:
    """A period of three programs with one workpaper of each status."""
    planted = "".join(HOSTILE) if hostile else ""
    papers = [
        ("10", "source_completeness", "company"),
        ("20", "receivables_to_ledger", "both"),
        ("30", "receivables_roll_forward", "both"),
    ]
    statuses = {
        ("_company", "10"): "agreed", ("_company", "20"): "open", ("_company", "30"): "agreed", ("atlas", "20"): "open",
        ("atlas", "30"): "failed", ("borealis", "20"): "not_applicable", ("borealis", "30"): "agreed",
    }  # fmt: skip
    entries = []
    for (program, ref), status in statuses.items():
        name = next(name for other, name, _ in papers if other == ref)
        is_open = status == "open"
        finding = {"amount": "-10.00", "currency": "USD", "message": f"It differs.{planted}"}
        entries.append(
            {
                "ref": ref,
                "name": name,
                "program": program,
                "status": status,
                "tie_outs": {"agreed": 2, "open": int(is_open)},
                "findings": {"error": int(is_open), "warning": 3 * is_open, "info": int(is_open)},
                "open_tie_outs": [{"id": f"{ref}.1", "label": f"Agrees{planted}", "difference": "0.01"}]
                if is_open
                else [],
                "top_findings": [
                    {"finding": "timing", "severity": "warning", **finding},
                    {"finding": "amount_differs", "severity": "error", **finding},
                    {"finding": "a_note", "severity": "info", **finding},
                ]
                if is_open
                else [],
                "files": {"html": f"{program}/{ref}_{name}.html", "xlsx": f"{program}/{ref}_{name}.xlsx"},
                "error": f"BooksError: no rate.{planted}" if status == "failed" else None,
            }
        )
    return {
        "company": "meridian",
        "company_name": f"Meridian AI Data, Inc.{planted}",
        "period": "2026-10",
        "period_end": "2026-10-31",
        "workpapers": [
            {"ref": ref, "name": name, "title": name + planted, "scope": scope} for ref, name, scope in papers
        ],
        "programs": ["_company", "atlas", "borealis"],
        "program_names": {"atlas": f"Atlas{planted}", "borealis": "Borealis"},
        "entries": entries,
        "sources": sources(),
    }


def text_of(page: bytes) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", page.decode().split("</style>")[1].split("<script")[0]))


def test_the_matrix_has_a_word_and_a_mark_for_each_status() -> None:
    text = text_of(render_index(an_index(), NOTHING_SAID))
    for said in ("✓ agreed", "! open", "✗ failed", "– not applicable", "all programs", "not signed off"):
        assert said in text
    assert "1 open tie-out, 1 error, 3 warnings, 1 info" in text


def test_attention_lists_failed_then_tie_outs_then_errors_then_warnings() -> None:
    page = render_index(an_index(), NOTHING_SAID).decode()
    kinds = re.findall(r'class="severity \w+" data-filter="[^"]+"><span aria-hidden="true">.</span> ([^<]+)<', page)
    assert kinds == ["failed", *["open tie-out"] * 2, "error", "warning"], (
        "the company and a program say the same, once"
    )
    assert "(10.00)" in page and "a_note" not in page and "a note" not in page
    assert "<b>amount differs</b>" in page, "a finding is named in words"


SIGNED = {
    ("_company", "10"): {
        "state": "reviewed",
        "preparer": "J. Ortega",
        "reviewer": "M. Lind",
        "at": "2026-11-04T09:15:00Z",
    },
    ("_company", "20"): {"state": "lapsed", "preparer": "J. Ortega", "reviewer": None, "at": "2026-11-03T09:15:00Z"},
    ("atlas", "20"): {
        "state": "rejected",
        "preparer": "J. Ortega",
        "reviewer": "M. Lind",
        "at": None,
        "unexplained": 4,
    },
}


def test_the_matrix_says_who_signed_and_what_is_not_explained() -> None:
    index = an_index()
    for entry in index["entries"]:
        entry["sign_off"] = SIGNED.get((entry["program"], entry["ref"]), {"state": "not signed off"})
    said = {"state": "not signed off", "counts": {"reviewed": 1, "lapsed": 1, "rejected": 1, "not signed off": 4}}
    text = text_of(render_index(index, said))
    for expected in (
        "✓ reviewed: M. Lind, 2026-11-04", "~ lapsed: J. Ortega, 2026-11-03", "✗ rejected: M. Lind",
        "· not signed off", "4 not explained", "✓ reviewed 1 of 7", "P prepared 0 of 7", "~ lapsed 1 of 7",
    ):  # fmt: skip
        assert expected in text, expected


def test_a_period_that_is_signed_off_says_so() -> None:
    page = render_index(an_index(), {"state": "signed off", "counts": {"reviewed": 7}}).decode()
    identification = page.split("<dl")[1].split("</dl>")[0]
    assert "<span>signed off</span>" in identification and "✓ reviewed 7 of 7" in text_of(page.encode())


def test_nothing_to_do_is_said() -> None:
    index = an_index()
    index["entries"] = [entry for entry in index["entries"] if entry["status"] == "agreed"]
    text = text_of(render_index(index, NOTHING_SAID))
    assert "Nothing needs attention." in text and "Needs attention (0)" in text


@pytest.mark.parametrize("path", ["javascript:alert(1)", "//example.invalid/x.html", 'x" onclick="alert(1)'])
def test_an_address_stays_a_file_beside_the_page(path: str) -> None:
    index = an_index()
    index["entries"][0]["files"]["html"] = path
    page = render_index(index, NOTHING_SAID).decode()
    assert "javascript:" not in page and 'href="//' not in page and 'onclick="' not in page
