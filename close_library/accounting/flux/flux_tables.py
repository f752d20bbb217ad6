"""The schedules and pictures of a comparison: the lead sheet by caption, the lines that are tested, the drivers."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from typing import Any

import pandas as pd

from close_library.accounting.flux.account_types import BALANCE_SHEET, HEADINGS, TYPES
from close_library.accounting.flux.drivers import PARTS, REST, Drivers, Item
from close_library.accounting.flux.intervals import Comparison
from close_library.accounting.flux.lines import SIDES, Line, figure_id
from close_library.evidence import Chart, Part, Scope, Table, cells_of
from close_library.money import ZERO, ratio, spell

NO_TYPE = "no type"
PERCENT = {"percent": "percent"}
FOLLOWS = {"change": "[current] - [comparison]", "percent": "[change] / abs([comparison]) * 100"}
"""How a line's change follows from its two sides."""

BARS_AT_MOST = 12


@dataclass(frozen=True)
class _Sum:
    """What several lines add up to."""

    current: Decimal = ZERO
    comparison: Decimal = ZERO

    def plus(self, current: Decimal, comparison: Decimal, sign: int = 1) -> _Sum:
        return _Sum(self.current + sign * current, self.comparison + sign * comparison)

    @property
    def cells(self) -> tuple[Decimal | None, ...]:
        change = self.current - self.comparison
        return (self.current, self.comparison, change, ratio(change * 100, abs(self.comparison)))


def lead_sheet(scope: Scope, comparison: Comparison, lines: Sequence[Line]) -> Table:
    """By caption, in natural sign: captions under their type, each type's total, and what is left of the statement.

    Columns: type, caption, current, comparison, change, percent. A caption is the sum of its accounts' figures. It raises
    nothing: the lines are tested.
    """
    rows: list[tuple[Any, ...]] = []
    made: list[tuple[int, Callable[[str], str]]] = []
    left, totals = _Sum(), dict[int, int]()
    types = [kind for kind in (*TYPES, None) if any(line.account_type == kind for line in lines)]
    for kind in types:
        captions: dict[str, list[Line]] = {}
        for line in (line for line in lines if line.account_type == kind):
            captions.setdefault(line.caption or "no caption", []).append(line)
        first, sums = len(rows), [_added_up(accounts) for accounts in captions.values()]
        for caption, accounts, one in zip(captions, captions.values(), sums, strict=True):
            made.append((len(rows), partial(_of_figures, scope, comparison, accounts)))
            rows.append((kind or NO_TYPE, caption, *one.cells))
        total, sign = _total(sums), 1 if kind in ("asset", "revenue") else -1 if kind else 0
        left = left.plus(total.current, total.comparison, sign)
        made.append((len(rows), partial(cells_of, lines=range(first, len(rows)))))
        totals |= {len(rows): sign} if sign else {}
        rows.append((kind or NO_TYPE, f"Total {HEADINGS[kind].lower()}" if kind else "Total of no type", *total.cells))
    if totals:
        of_balances = any(kind in BALANCE_SHEET for kind in types)
        made.append((len(rows), partial(_of_totals, totals)))
        rows.append((None, "Assets less liabilities and equity" if of_balances else "Result", *left.cells))
    columns = ["type", "caption", *SIDES, "percent"]
    frame = pd.DataFrame(rows, columns=columns, dtype=object)
    formulas = tuple((row, columns.index(side), spelled(side)) for row, spelled in made for side in SIDES[:2])
    title = f"Lead sheet by caption against {comparison.label}"
    return Table(title, frame, types=_types(columns), relations=FOLLOWS, formulas=formulas)


def _added_up(lines: Sequence[Line]) -> _Sum:
    return _Sum(sum((line.current for line in lines), ZERO), sum((line.comparison for line in lines), ZERO))


def _of_figures(scope: Scope, comparison: Comparison, lines: Sequence[Line], side: str) -> str:
    """A caption as the sum of its accounts' figures."""
    return " + ".join(f"{{{figure_id(scope, comparison, line, side)}}}" for line in lines)


def _of_totals(totals: Mapping[int, int], side: str) -> str:
    """What is left of the statement, of the rows of its types' totals with their signs."""
    return " ".join(f"{'+' if sign > 0 else '-'} [{side}#{row}]" for row, sign in totals.items()).removeprefix("+ ")


def _total(sums: Collection[_Sum]) -> _Sum:
    return _Sum(sum((one.current for one in sums), ZERO), sum((one.comparison for one in sums), ZERO))


def tested_lines(
    scope: Scope, comparison: Comparison, lines: Sequence[Line], untested: Collection[str], drafts: Mapping[str, str]
) -> Table:
    """Every line that is tested, with its subject: type, account, name, program, current, comparison, change, percent,
    threshold (`beyond`, `within`, `not tested`), draft."""
    by_program = not any(line.of_all for line in lines)
    columns = ["type", "account", "name", *(["program"] if by_program else []), *SIDES, "percent", "threshold", "draft"]
    rows = [
        (line.account_type or NO_TYPE, line.account, line.account_name,
         *([line.program or "no program"] if by_program else []), line.current, line.comparison, line.change, line.percent,
         "not tested" if line.key in untested else "beyond" if line.key in drafts else "within", drafts.get(line.key))
        for line in lines
    ]  # fmt: skip
    return Table(
        f"Lines tested against {comparison.label}",
        pd.DataFrame(rows, columns=columns, dtype=object),
        links=_links(scope, comparison, lines, columns.index("current")),
        types=_types(columns),
        subjects=tuple((row, line.subject(comparison), columns.index("change")) for row, line in enumerate(lines)),
        relations=FOLLOWS,
    )


def account_totals(scope: Scope, comparison: Comparison, lines: Sequence[Line]) -> Table:
    """The company's total of each account: type, caption, account, name, current, comparison, change, percent."""
    rows = [
        (line.account_type or NO_TYPE, line.caption, line.account, line.account_name,
         line.current, line.comparison, line.change, line.percent)
        for line in lines
    ]  # fmt: skip
    columns = ["type", "caption", "account", "name", *SIDES, "percent"]
    frame = pd.DataFrame(rows, columns=columns, dtype=object)
    links = _links(scope, comparison, lines, 4)
    title = f"Accounts of all programs against {comparison.label}"
    return Table(title, frame, links=links, types=_types(columns), relations=FOLLOWS)


def _links(scope: Scope, comparison: Comparison, lines: Sequence[Line], first: int) -> tuple[tuple[int, int, str], ...]:
    return tuple(
        (row, first + column, figure_id(scope, comparison, line, side))
        for row, line in enumerate(lines)
        for column, side in enumerate(SIDES)
    )


def driver_table(drivers: Drivers) -> Table:
    """What drove the change, line by line, with the rest and the total: item, program, quantities, values, parts.

    The parts of a line add up to its change; the rest is what the ledger changed beyond all lines, and the total is the ledger's.
    """
    driven, comparison = drivers.driven, drivers.comparison
    rows: list[tuple[Any, ...]] = [_item_cells(item) for item in drivers.items]
    current, before = (sum((getattr(each, side) for each in drivers.booked), ZERO) for side in SIDES[:2])
    own = [sum((getattr(item, side) for item in drivers.items), ZERO) for side in SIDES[:2]]
    rest = drivers.part(REST)
    nothing = (ZERO,) * len(PARTS)
    rows.append((driven.words[REST], None, None, None, current - own[0], before - own[1], rest, *nothing))
    rows.append(("Total", None, None, None, current, before, drivers.change, *(drivers.part(part) for part in PARTS)))
    names = [driven.words[part] for part in PARTS]
    columns = [driven.item, "program", "current_quantity", "comparison_quantity", *SIDES, *names]
    last = len(rows) - 1
    beyond = []
    for n, side in enumerate(SIDES[:2]):
        of_ledger = " + ".join(f"{{{side}:{account}:{comparison.name}}}" for account in drivers.accounts)
        of_items = f" - {cells_of(side, range(last - 1))}" if drivers.items else ""
        if spelled := (of_ledger + of_items).strip():
            beyond.append((last - 1, 4 + n, spelled))
    links = [(last, 7 + n, f"{driven.ids[part]}:{comparison.name}") for n, part in enumerate(PARTS)]
    links.append((last - 1, 6, f"{driven.ids[REST]}:{comparison.name}"))
    return Table(
        f"What drove {driven.title.lower()} against {comparison.label}",
        pd.DataFrame(rows, columns=columns, dtype=object),
        total_row=True,
        links=tuple(links),
        types={**_types(columns), **dict.fromkeys(names, "money"), **dict.fromkeys(columns[2:4], "quantity")},
        relations={"change": " + ".join(f"[{name}]" for name in names)},
        formulas=tuple(beyond),
        parts=tuple(_driver_parts(drivers, names, last)),
    )


def _driver_parts(drivers: Drivers, names: Sequence[str], last: int) -> Iterator[Part]:
    """How the cells of the drivers are sums of the parts' rows: by line and program; the values by the side of a row too."""
    driven, comparison = drivers.driven, drivers.comparison
    ids = {name: f"{driven.ids[part]}:{comparison.name}" for name, part in zip(names, PARTS, strict=True)}
    by = {"driver": driven.item, "program": "program"}
    yield Part("current", tuple(ids.values()), by, {"side": "current"})
    yield Part("comparison", tuple(f"-{id}" for id in ids.values()), by, {"side": "comparison"})
    for name, id in ids.items():
        yield Part(name, (id,), by)
        yield Part(name, (id,), {"driver": driven.item}, lines=(last - 1,))


def _item_cells(item: Item) -> tuple[Any, ...]:
    quantities = (item.quantity, item.comparison_quantity) if item.basis == "quantity" else (None, None)
    values = (item.current, item.comparison, item.change)
    return (item.item, item.program or "no program", *quantities, *values, *(item.part(part) for part in PARTS))


def driver_picture(id: str, drivers: Drivers, currency: str) -> Chart:
    """The parts of the change as bars."""
    driven = drivers.driven
    data = [{"label": driven.words[part], "amount": spell(drivers.part(part), currency)} for part in (*PARTS, REST)]
    title = f"{driven.title}: what drove the change against {drivers.comparison.label}"
    return Chart(id, "bars", title, currency, data)


def change_picture(id: str, comparison: Comparison, lines: Sequence[Line], currency: str) -> Chart:
    """The largest changes of lines as bars."""
    largest = sorted(lines, key=lambda line: (-abs(line.change), line.key))[:BARS_AT_MOST]
    data = [
        {"label": line.account_name + ("" if line.of_all else f", {line.program or 'no program'}"),
         "amount": spell(line.change, currency)}
        for line in largest if line.change
    ]  # fmt: skip
    return Chart(id, "bars", f"Largest changes against {comparison.label}", currency, data)


def _types(columns: Sequence[str]) -> dict[str, str]:
    """The kind of each column, also where no value is there to say it."""
    return dict.fromkeys(columns, "text") | dict.fromkeys(SIDES, "money") | (PERCENT if "percent" in columns else {})
