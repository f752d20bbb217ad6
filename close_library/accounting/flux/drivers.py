"""What drove a change: volume and price, what is new, what ended, what is neither; and what the ledger has beyond that.

ACCOUNTING.md §5. By contract line (by program and type of work for vendor cost): volume = (q1 − q0) × p0, rounded once, and
price = the rest of the line's change, (p1 − p0) × q1, where a price is value / quantity. A line without revenue in the
comparison is new, one without revenue now has ended. The change of a line that has no quantity, a milestone or a
subscription, is other, and so is that of one whose quantities before cancel out. What the ledger changed beyond all lines is a
part of its own, so the parts add up to the ledger's change exactly. A company's parts are those of its programs.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pyarrow as pa

from close_library.accounting.flux.driven import Driven, booked_rows, driven_rows
from close_library.accounting.flux.intervals import Comparison
from close_library.accounting.revenue.recognition import rounded
from close_library.accounting.sql import held, population, shown, text, texts, viewed
from close_library.evidence import Figure, Population, Scope
from close_library.money import EXACT, ZERO, minor_unit, round_half_up
from close_library.parameters import COMPANY

PARTS = ("volume", "price", "new", "ended", "other")
REST = "rest"
"""The part of the ledger's change that no contract line and no work explains."""

_PRICED = "priced"
_PLACES = 12
_SCHEMA = pa.schema(
    [("owner", pa.string()), ("item", pa.string()), ("basis", pa.string()), ("kind", pa.string()),
     ("price", pa.decimal128(30, _PLACES)), ("kept", pa.decimal128(38, 4))]
)  # fmt: skip


@dataclass(frozen=True)
class Item:
    """A contract line or a type of work in both intervals, and the parts of its change.

    `kind`: `priced`, or the one part that takes the whole change. `program` is None for what belongs to none. `group`: the
    line's billing model, or the type of work.
    """

    program: str | None
    item: str
    basis: str
    quantity: Decimal
    comparison_quantity: Decimal
    current: Decimal
    comparison: Decimal
    kind: str
    group: str
    volume: Decimal = ZERO

    @property
    def change(self) -> Decimal:
        """Current less comparison."""
        return self.current - self.comparison

    def part(self, name: str) -> Decimal:
        """A part of the change; the parts add up to it."""
        if self.kind == _PRICED:
            return {"volume": self.volume, "price": self.change - self.volume}.get(name, ZERO)
        return self.change if name == self.kind else ZERO


@dataclass(frozen=True)
class Booked:
    """What the ledger has on an account of the role, of a program or of none."""

    program: str | None
    account: str
    current: Decimal
    comparison: Decimal


@dataclass(frozen=True)
class Drivers:
    """The change of an amount of the ledger, taken apart; `rows` is the relation of the parts' rows."""

    driven: Driven
    comparison: Comparison
    items: tuple[Item, ...]
    booked: tuple[Booked, ...]
    rows: str

    @property
    def change(self) -> Decimal:
        """The ledger's change."""
        return sum((each.current - each.comparison for each in self.booked), ZERO)

    def part(self, name: str) -> Decimal:
        """A part of the change over all items, or the rest."""
        if name == REST:
            return self.change - sum((item.change for item in self.items), ZERO)
        return sum((item.part(name) for item in self.items), ZERO)

    def of_programs(self, programs: Collection[str] | None) -> Drivers:
        """What some programs have of it (`_company`: what belongs to none); all of it where none is named."""
        if programs is None:
            return self
        items = tuple(item for item in self.items if (item.program or COMPANY) in programs)
        booked = tuple(each for each in self.booked if (each.program or COMPANY) in programs)
        rows = f"(SELECT * FROM {self.rows} WHERE coalesce(owner, {text(COMPANY)}) IN {texts(programs)})"
        return Drivers(self.driven, self.comparison, items, booked, rows)

    @property
    def accounts(self) -> list[str]:
        """The accounts of the role that have a row."""
        return sorted({each.account for each in self.booked})


def take_apart(scope: Scope, driven: Driven, comparison: Comparison) -> Drivers:
    """The drivers of a change. Raises BooksError where an exchange rate is missing."""
    facts, booked = driven_rows(scope, driven, comparison), booked_rows(scope, driven, comparison)
    groups = driven.groups(scope)
    items = tuple(_item(row, groups.get(row["item"], row["item"]), scope.currency) for row in _sums(scope, facts))
    parts = held(scope.books, f"{facts}_parts", lambda: _parts_table(items))
    rows = viewed(scope.books, "flux_parts", _part_rows(facts, parts, booked, minor_unit(scope.currency)))
    found = scope.books.rows(
        f"""
        SELECT owner, account, coalesce(sum(amount) FILTER (side = 'current'), 0) AS current,
               coalesce(sum(amount) FILTER (side = 'comparison'), 0) AS comparison
        FROM ({booked}) GROUP BY ALL ORDER BY owner NULLS LAST, account
        """
    )
    ledger = tuple(Booked(row["owner"], row["account"], row["current"], row["comparison"]) for row in found)
    return Drivers(driven, comparison, items, ledger, rows)


def driver_figures(scope: Scope, drivers: Drivers) -> dict[str, Figure]:
    """The figures of the parts: `volume:<comparison>`, and of each line `volume:<contract line>:<comparison>`."""
    driven, comparison = drivers.driven, drivers.comparison
    measured: dict[tuple[str, str], tuple[int, Decimal]] = {}
    for row in scope.books.rows(
        f"SELECT part, item, count(*) AS n, sum(amount) AS amount FROM {drivers.rows} GROUP BY ALL"
    ):
        measured[row["part"], row["item"] or ""] = (row["n"], row["amount"])
    figures: dict[str, Figure] = {}
    for part in (*PARTS, REST):
        of_part = [key for key in measured if key[0] == part]
        rows, amount = sum(measured[key][0] for key in of_part), sum((measured[key][1] for key in of_part), ZERO)
        assert amount == drivers.part(part), f"{part} does not add up"
        id, words = (
            f"{driven.ids[part]}:{comparison.name}",
            f"{driven.title}: {driven.words[part]}, against {comparison.label}",
        )
        figures[id] = _figure(scope, drivers, id, words, f"part = '{part}'", rows, amount)
        for _, item in sorted(of_part if part != REST else []):
            id = f"{driven.ids[part]}:{item}:{comparison.name}"
            condition = f"part = '{part}' AND item = {text(item)}"
            figures[id] = _figure(scope, drivers, id, f"{words}, {item}", condition, *measured[part, item])
    return figures


def _figure(scope: Scope, drivers: Drivers, id: str, label: str, condition: str, rows: int, amount: Decimal) -> Figure:
    # By what a row is told apart in the schedule: in which line, on which side of the comparison.
    told_apart = shown(driver="item", side="side", program="coalesce(owner, 'no program')")
    seen = f"map_concat(seen, {told_apart})"
    query = f"""
        {population("source_table", "source_file", "source_row", "amount", seen)}
        FROM {drivers.rows} WHERE {condition}
    """
    return Figure(id, label, amount, scope.currency, Population(scope.books, query, known=(rows, amount)))


def _sums(scope: Scope, facts: str) -> list[dict[str, Any]]:
    sums = ", ".join(
        f"CAST(coalesce(sum({column}) FILTER (side = '{side}'), 0) AS {kind}) AS {side}_{column}"
        for column, kind in (("quantity", "DECIMAL(38,6)"), ("value", "DECIMAL(38,4)"))
        for side in ("current", "comparison")
    )
    query = f"SELECT owner, item, basis, {sums} FROM {facts} GROUP BY ALL ORDER BY item, owner NULLS LAST, basis"
    found: list[dict[str, Any]] = scope.books.rows(query)
    return found


def _item(row: dict[str, Any], group: str, currency: str) -> Item:
    quantity, before_quantity = row["current_quantity"], row["comparison_quantity"]
    current, before = row["current_value"], row["comparison_value"]
    kind, volume = _kind(row["basis"], quantity, before_quantity, current, before), ZERO
    if kind == _PRICED:
        exact = Fraction(quantity - before_quantity) * Fraction(before) / Fraction(before_quantity)
        volume = rounded(exact, currency)
    values = (quantity, before_quantity, current, before)
    return Item(row["owner"], row["item"], row["basis"], *values, kind, group, volume)


def _kind(basis: str, quantity: Decimal, before_quantity: Decimal, current: Decimal, before: Decimal) -> str:
    if basis == "other":
        return "other"
    if before_quantity == 0 and before == 0:
        return "new"
    if quantity == 0 and current == 0:
        return "ended"
    return _PRICED if before_quantity else "other"


def _parts_table(items: Iterable[Item]) -> pa.Table:
    """How each item is taken apart: for a priced one its comparison's price, and what its quantity now is worth at that."""
    rows = [
        {
            "owner": item.program,
            "item": item.item,
            "basis": item.basis,
            "kind": item.kind,
            "price": round_half_up(EXACT.divide(item.comparison, item.comparison_quantity), _PLACES)
            if item.kind == _PRICED
            else None,
            "kept": item.comparison + item.volume if item.kind == _PRICED else None,
        }
        for item in items
    ]
    return pa.Table.from_pylist(rows, schema=_SCHEMA)


def _part_rows(facts: str, parts: str, booked: str, places: int) -> str:
    """The rows of each part: part, item, owner, amount, address, seen.

    The rows of a priced line now are shared between volume and price: each is worth its quantity at the comparison's price,
    rounded, and the first one takes the rounding, so that the rows add up to the parts.
    """
    group = "PARTITION BY owner, item, basis"
    columns = "item, owner, source_table, source_file, source_row, seen, side"
    return f"""
        WITH sorted_out AS (
            SELECT f.*, p.kind, p.kept,
                   CASE WHEN p.kind = '{_PRICED}' AND f.side = 'current' THEN to_minor_unit(f.quantity * p.price, {places})
                   END AS share
            FROM {facts} f JOIN {parts} p ON f.owner IS NOT DISTINCT FROM p.owner AND f.item = p.item AND f.basis = p.basis
        ),
        shared AS (
            SELECT *, CASE WHEN share IS NULL THEN NULL
                      WHEN row_number() OVER ({group}, side ORDER BY source_table, source_file, source_row) = 1
                      THEN kept - (sum(share) OVER ({group}, side) - share) ELSE share END AS taken
            FROM sorted_out
        ),
        parts AS (
            SELECT 'volume' AS part, {columns}, coalesce(taken, -value) AS amount FROM shared WHERE kind = '{_PRICED}'
            UNION ALL
            SELECT 'price', {columns}, value - taken FROM shared WHERE kind = '{_PRICED}' AND side = 'current'
            UNION ALL
            SELECT kind, {columns}, CASE side WHEN 'current' THEN value ELSE -value END FROM shared WHERE kind <> '{_PRICED}'
            UNION ALL
            SELECT '{REST}', {columns}, CASE side WHEN 'current' THEN -value ELSE value END FROM {facts}
            UNION ALL
            SELECT '{REST}', NULL, owner, 'gl_entries', source_file, source_row, seen, side,
                   CASE side WHEN 'current' THEN amount ELSE -amount END FROM ({booked})
        )
        SELECT part, {columns}, CAST(amount AS DECIMAL(38,4)) AS amount FROM parts
    """
