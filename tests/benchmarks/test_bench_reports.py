"""What the reports of a workpaper cost: page, workbook and PDF in a warm process, beside what other tools take for less.

nbconvert's own `HTMLExporter` draws the same executed notebook (cells and outputs, no source rows, no drill-down);
`pandas.DataFrame.to_excel` writes the same schedules and source rows (values, no formula, no format). There is no other
writer of a tagged PDF/A with attachments to compare with.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbformat
import pandas as pd
import pyarrow.parquet as pq
import pytest
from nbconvert.exporters import HTMLExporter

from close_library.report import Rendering
from close_library.run.close import CloseResult
from close_library.run.execution.draw import _attachments, _code_cells
from close_library.run.gathering.index import documents_of

pytestmark = pytest.mark.benchmark

ROUNDS = 5
AIM_MS = 300.0
"""Page, workbook and PDF of a usual workpaper together."""

Paper = tuple[Path, dict[str, Any]]


@pytest.fixture(scope="module")
def papers(closed: CloseResult) -> list[Paper]:
    found = [each for each in documents_of(closed.prepared.folder) if each[1]["status"] in ("agreed", "open")]
    return sorted(found, key=lambda paper: paper[0].with_suffix(".rows.parquet").stat().st_size)


def timed(work: Callable[[], Any]) -> float:
    """The processor time of a piece of work in milliseconds, which other work on the machine lengthens least."""
    before = time.process_time()
    work()
    return (time.process_time() - before) * 1000


def report(paper: Paper, folder: Path) -> dict[str, float]:
    """Milliseconds of each format, as a run draws them: page first, then workbook, then the PDF that carries it."""
    path, document = paper
    rows, executed = path.with_suffix(".rows.parquet"), path.with_suffix(".ipynb").read_bytes()
    rendering = Rendering(document, rows, {}, _code_cells(executed))
    workbook = folder / "paper.xlsx"
    return {
        "html": timed(rendering.html),
        "xlsx": timed(lambda: rendering.xlsx(workbook)),
        "pdf": timed(lambda: rendering.pdf(_attachments(document, rows, executed, workbook))),
    }


def others(paper: Paper, folder: Path) -> dict[str, float]:
    """Milliseconds of nbconvert's page and of pandas' workbook of the same workpaper."""
    path, document = paper
    notebook = nbformat.read(path.with_suffix(".ipynb"), as_version=4)
    rows = pq.read_table(path.with_suffix(".rows.parquet")).to_pandas()
    rows["shown"] = rows["shown"].astype(str)
    tables = {id: pd.DataFrame(each["rows"], columns=each["columns"]) for id, each in document["tables"].items()}

    def write() -> None:
        with pd.ExcelWriter(folder / "other.xlsx", engine="xlsxwriter") as workbook:
            for id, table in tables.items():
                table.to_excel(workbook, sheet_name=id, index=False)
            rows.to_excel(workbook, sheet_name="Data", index=False)

    return {"html": timed(lambda: EXPORTER.from_notebook_node(notebook)), "xlsx": timed(write)}


EXPORTER = HTMLExporter()


def medians(measure: Callable[[Paper, Path], dict[str, float]], paper: Paper, folder: Path) -> dict[str, float]:
    rounds = [measure(paper, folder) for _ in range(ROUNDS)]
    return {name: statistics.median(each[name] for each in rounds) for name in rounds[0]}


def test_what_a_usual_workpaper_costs(papers: list[Paper], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    report(papers[0], tmp_path)  # templates compiled, fonts read
    once = [sum(report(paper, tmp_path).values()) for paper in papers]
    shown = [
        f"{len(papers)} workpapers, each once: median {statistics.median(once):.0f} ms (aim: {AIM_MS}), sum {sum(once):.0f} ms"
    ]
    usual = papers[sorted(range(len(papers)), key=once.__getitem__)[len(papers) // 2]]
    largest = papers[max(range(len(papers)), key=once.__getitem__)]
    for word, paper in (("usual", usual), ("largest", largest)):
        ours, theirs = medians(report, paper, tmp_path), medians(others, paper, tmp_path)
        name = f"{paper[0].parent.name}/{paper[0].stem}"
        shown.append(f"{word}: {name}, {sum(ours.values()):.0f} ms together (drawn again: its pictures are kept)")
        shown += [
            f"  {format:5}{ours[format]:8.1f} ms"
            + (
                f"   other {theirs[format]:8.1f} ms, ratio {ours[format] / theirs[format]:.2f}"
                if format in theirs
                else ""
            )
            for format in ours
        ]
    with capsys.disabled():
        print("\n" + "\n".join(shown))
