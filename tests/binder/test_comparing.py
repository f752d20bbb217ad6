"""What came out again, compared inside: each value that differs has its place."""

from __future__ import annotations

import json
from pathlib import Path

from close_library.binder.archive import Archive, write_archive
from close_library.binder.comparing import compare_data, compare_file

SEALED = {
    "figures": {"closing_balance": {"amount": "100.00", "rows": 2}},
    "tie_outs": [{"id": "20.1", "difference": "0.00"}, {"id": "20.2", "difference": "0.00"}],
    "findings": [{"finding": "timing"}],
}


def test_equal_data_has_no_difference() -> None:
    assert list(compare_data(SEALED, json.loads(json.dumps(SEALED)))) == []


def test_a_figure_a_tie_out_and_a_finding_are_named() -> None:
    made = json.loads(json.dumps(SEALED))
    made["figures"]["closing_balance"]["amount"] = "100.01"
    made["tie_outs"][1]["difference"] = "0.01"
    made["findings"].append({"finding": "amount_differs"})
    assert list(compare_data(SEALED, made)) == [
        ("figures.closing_balance.amount", "sealed 100.00, again 100.01"),
        ("tie_outs.20.2.difference", "sealed 0.00, again 0.01"),
        ("findings 2", 'sealed not there, again {"finding": "amount_differs"}'),
    ]


def test_files(tmp_path: Path) -> None:
    write_archive(tmp_path / "a", {"d.json": json.dumps(SEALED).encode(), "p.html": b"<p>same", "q.html": b"<p>other"})
    (tmp_path / "d.json").write_text(json.dumps(SEALED, indent=1))
    (tmp_path / "p.html").write_bytes(b"<p>same")
    (tmp_path / "q.html").write_bytes(b"<p>else")
    with Archive(tmp_path / "a") as archive:
        assert compare_file(archive, "p.html", tmp_path / "p.html", "p") == []
        assert [d.what for d in compare_file(archive, "d.json", tmp_path / "d.json", "d")] == [
            "the same data in another spelling"
        ]
        assert [d.what for d in compare_file(archive, "q.html", tmp_path / "q.html", "q")] == [
            "other bytes from byte 3 on"
        ]
        assert [d.what for d in compare_file(archive, "q.html", tmp_path / "none", "q")] == [
            "it did not come out again"
        ]
