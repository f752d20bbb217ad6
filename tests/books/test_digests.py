"""Digests of rows by owner: they change with any value, and with nothing else."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest

from close_library.books.digests import RowDigests

SCHEMA = pa.schema(
    [
        ("owner", pa.string()),
        ("name", pa.string()),
        ("amount", pa.decimal128(22, 4)),
        ("done", pa.bool_()),
        ("row", pa.int64()),
        ("day", pa.date32()),
        ("at", pa.timestamp("us")),
    ]
)


def rows(*owners: str | None) -> list[dict[str, Any]]:
    """Seven rows of each owner, with empty cells in every column."""
    return [
        {
            "owner": owner,
            "name": (None, "", "a", "bé")[n % 4],
            "amount": None if n % 3 == 0 else Decimal(n) / 4,
            "done": (None, True, False)[n % 3],
            "row": n,
            "day": None if n % 5 == 0 else date(2026, 1, n + 1),
            "at": None if n % 2 else datetime(2026, 1, n + 1),
        }
        for owner in owners
        for n in range(7)
    ]


def digests(content: list[dict[str, Any]], size: int = 100) -> dict[str, str]:
    table = pa.Table.from_pylist(content, schema=SCHEMA)
    found = RowDigests(SCHEMA, "owner")
    for start in range(0, len(table), size):
        found.add(table.slice(start, size))
    return found.by_owner()


@pytest.mark.parametrize("size", [1, 2, 3, 8])
def test_how_rows_come_in_batches_makes_no_difference(size: int) -> None:
    content = rows(None, "atlas", "borealis")
    assert digests(content, size) == digests(content)
    assert list(digests(content)) == ["_none", "atlas", "borealis"]


def test_an_owner_is_told_by_its_own_rows() -> None:
    assert digests(rows("atlas"))["atlas"] == digests(rows(None, "atlas", "borealis"))["atlas"]
    assert digests([]) == {}


@pytest.mark.parametrize(
    ("row", "column", "value"),
    [(0, "name", ""), (1, "name", None), (2, "name", "b"), (1, "amount", Decimal("0.2501")), (0, "amount", Decimal(0)),
     (1, "done", False), (0, "done", False), (3, "row", 4), (1, "day", None), (0, "at", None)],
)  # fmt: skip
def test_any_other_value_gives_another_digest(row: int, column: str, value: Any) -> None:
    """Nothing, an empty text, zero and false are four different things."""
    content = rows("atlas", "borealis")
    changed = [dict(each) for each in content]
    assert changed[row][column] != value
    changed[row][column] = value
    before, after = digests(content), digests(changed)
    assert before["atlas"] != after["atlas"]
    assert before["borealis"] == after["borealis"]


def test_where_one_text_ends_and_the_next_begins_counts() -> None:
    one, other = rows("atlas"), rows("atlas")
    one[0]["name"], one[1]["name"] = "ab", "c"
    other[0]["name"], other[1]["name"] = "a", "bc"
    assert digests(one) != digests(other)


def test_the_order_of_rows_counts() -> None:
    content = rows("atlas")
    assert digests(content) != digests([content[1], content[0], *content[2:]])


def test_a_program_named_like_nobodys_share_changes_it() -> None:
    assert list(digests(rows(None, "_none"))) == ["_none"]
    assert digests(rows(None, "_none")) != digests(rows(None)) != digests(rows("_none"))
