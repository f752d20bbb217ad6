"""Tables that are too long to be sorted at once are sealed to the same bytes as others."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest

from close_library.books import sorting
from close_library.books.sealing import seal
from tests.ledgers import Folder, write_tables

PROGRAMS = ("atlas", "borealis", "nowhere")


def company(folder: Path) -> None:
    """Deliveries of two programs and of none, many of a day and some of one id, in no order; invoices without a contract."""
    order = random.Random(6)
    deliveries, invoices = [], []
    for n in range(300):
        day = f"2026-0{order.randint(1, 9)}-{order.randint(1, 28):02}" if n % 7 else "2026-05-05"
        program = order.choice(PROGRAMS)
        deliveries.append(f"d{order.randint(1, 200)} {program} l {day} {order.randint(1, 99)}.5 accepted")
        invoices.append(f"i{n} {program} {day} 10.00")
    write_tables(
        folder,
        "\n\n".join(
            [
                "programs\nprogram_id\natlas\nborealis",
                "deliveries\ndelivery_id program_id contract_line_id delivery_date quantity_delivered status\n"
                + "\n".join(deliveries),
                "invoices\ninvoice_id program_id invoice_date total_amount\n" + "\n".join(invoices),
            ]
        ),
    )


def sealed(tmp_path: Path, name: str) -> dict[str, Any]:
    return seal(tmp_path / name, [Folder(tmp_path / "tables")], period="2026-05")


@pytest.mark.parametrize("at_once", [1, 7, 100, 299])
def test_the_same_bytes_in_however_many_spans(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at_once: int) -> None:
    company(tmp_path / "tables")
    whole = sealed(tmp_path, "whole")
    monkeypatch.setattr(sorting, "rows_at_once", lambda connection: at_once)
    monkeypatch.setattr(sorting, "_OF_A_SPAN", 5)
    spans: list[Path] = []
    write = sorting._write
    monkeypatch.setattr(
        sorting, "_write", lambda reader, path, owners: spans.append(path) or write(reader, path, owners)
    )
    in_spans = sealed(tmp_path, "in_spans")
    assert len(spans) > 1
    assert whole["tables"]["deliveries"]["rows"] == 300
    assert set(whole["tables"]["deliveries"]["owners"]) == {"atlas", "borealis", "_none"}
    assert in_spans == whole
    assert not list((tmp_path / "in_spans").rglob("*.arrow"))


def test_a_day_is_never_cut() -> None:
    days = [("atlas", "2026-01-01", 3), (None, "2026-01-01", 3), ("atlas", "2026-01-02", 1), ("atlas", None, 9)]
    spans = list(sorting._conditions([*days, ("atlas", "2026-01-03", 4)], "d", 5))
    assert spans == [
        "d IS NULL",
        "d BETWEEN DATE '2026-01-01' AND DATE '2026-01-01'",
        "d BETWEEN DATE '2026-01-02' AND DATE '2026-01-03'",
    ]
