"""Five million deliveries under two gigabytes: sealed, a fault in the last line found, a kill survived."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import pytest

from close_library.books import Books, verify

PROJECT = Path(__file__).parents[2]
ROWS = 5_000_000
LIMIT = 2 << 30

SEAL = """
    import json, os, resource, signal, sys
    from pathlib import Path
    resource.setrlimit(resource.RLIMIT_AS, ({limit}, {limit}))
    from close_library.books import seal
    from close_library.errors import CloseError
    from tests.sources.files import Source

    def killed(text, done, total):
        if text == sys.argv[3]:
            os.kill(os.getpid(), signal.SIGKILL)

    said = {{}}
    try:
        entry = seal(Path(sys.argv[1]), [Source("tables", "inbox", Path(sys.argv[2]))], progress=killed)
        said = {{name: entry["tables"]["deliveries"][name] for name in ("rows", "control_total")}}
    except CloseError as error:
        said = error.as_data()
    said["peak"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    print(json.dumps(said))
"""


def write_deliveries(folder: Path, last_cost: str = "") -> None:
    """About 500 MB of deliveries in no order, of eight programs, and the programs."""
    folder.mkdir(parents=True, exist_ok=True)
    programs = "".join(f"program-{n},Program {n}\n" for n in range(8))
    (folder / "programs.csv").write_text(f"program_id,program_name\n{programs}", encoding="utf-8")
    with (folder / "deliveries.csv").open("w", encoding="utf-8") as file:
        file.write(
            "delivery_id,program_id,contract_line_id,po_number,delivery_date,accepted_date,unit,"
            "quantity_delivered,quantity_accepted,milestone,status,cost\n"
        )
        for n in range(ROWS):
            day = f"2026-{n % 10 + 1:02}-{n % 28 + 1:02}"
            cost = last_cost if n == ROWS - 1 else ""
            file.write(
                f"DEL-{n * 7919 % ROWS:09},program-{n % 8},CL-{n % 977:05},PO-2026-{n % 331:04},{day},{day},task,"
                f"{n % 5000}.{n % 1000:03},{n % 5000}.{n % 1000:03},,accepted,{cost}\n"
            )


def run_seal(books: Path, inbox: Path, killed_at: str = "") -> dict[str, Any] | int:
    """Seals in a process of its own with two gigabytes of address space; what it said, or how it died."""
    program = textwrap.dedent(SEAL.format(limit=LIMIT))
    command = [sys.executable, "-c", program, str(books), str(inbox), killed_at]
    ended = subprocess.run(command, cwd=PROJECT, check=False, capture_output=True, text=True)
    if ended.returncode:
        assert ended.returncode == -signal.SIGKILL, ended.stderr
        return ended.returncode
    said: dict[str, Any] = json.loads(ended.stdout)
    return said


@pytest.mark.slow
def test_five_million_deliveries_under_two_gigabytes(tmp_path: Path) -> None:
    """The whole story, in the order in which a month brings it."""
    inbox, books = tmp_path / "inbox", tmp_path / "books"
    write_deliveries(inbox)
    said = run_seal(books, inbox)
    assert isinstance(said, dict)
    assert said["rows"] == ROWS
    assert said["control_total"] == f"{sum(n % 5000 * 1000 + n % 1000 for n in range(ROWS)) // 1000}.00"
    assert said["peak"] < LIMIT

    write_deliveries(inbox, last_cost="1x4")
    faulty = run_seal(books, inbox)
    assert isinstance(faulty, dict)
    assert faulty["faults"][0]["where"] == f"inbox/deliveries.csv, line {ROWS + 1}, cost"
    assert faulty["count"] == 1

    write_deliveries(inbox, last_cost="1.40")
    assert run_seal(books, inbox, killed_at="sealing deliveries") == -signal.SIGKILL
    verify(books)
    opened = Books.open(books, ["deliveries"])
    assert opened.sql("SELECT count(*) AS n, count(cost) AS costs FROM deliveries").to_pylist() == [
        {"n": ROWS, "costs": 0}
    ]
