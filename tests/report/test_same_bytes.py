"""The same input gives the same bytes, whatever the hash seed, the locale, the time zone or the day."""

from __future__ import annotations

import json
from pathlib import Path

from tests.report.conftest import build
from tests.report.surroundings import printed_in_each

RENDER = """
import hashlib, json, sys
from pathlib import Path
from close_library.report import CodeCell, render_html, render_index, render_xlsx
from tests.report.papers import spoken
from tests.report.test_front_page import an_index

folder, out = Path(sys.argv[1]), Path(sys.argv[2])
out.mkdir()
for path in sorted(folder.glob("*/*.json")):
    document = json.loads(path.read_text(encoding="utf-8"))
    rows = path.parent / document["rows"]["file"]
    name = path.parent.name
    (out / f"{name}.html").write_bytes(render_html(document, rows, spoken(document), [CodeCell(1, "x", ("parameters",))]))
    render_xlsx(document, rows, spoken(document), out / f"{name}.xlsx")
(out / "index.html").write_bytes(render_index(an_index(hostile=True), {}))
for path in sorted(out.iterdir()):
    print(path.name, hashlib.sha256(path.read_bytes()).hexdigest())
"""


def test_two_surroundings_one_set_of_bytes(tmp_path: Path) -> None:
    for name in ("aging", "hostile aging", "roll-forward", "bridge", "hostile flux"):
        folder = tmp_path / "in" / name.replace(" ", "_")
        folder.mkdir(parents=True)
        document, _ = build(name, folder)
        (folder / "paper.json").write_text(json.dumps(document), encoding="utf-8")
    first, second = printed_in_each(RENDER, lambda number: [str(tmp_path / "in"), str(tmp_path / f"out{number}")])
    assert len(first) == 11
    assert first == second
