"""Laws of what deliveries are worth, against a plain telling of the same rules, over companies that hypothesis makes up.

The telling follows ACCOUNTING.md §3 row by row: what a month's accumulated quantity is worth so far, after a delivery less before
it. It shares nothing with the package but the rounding. LAW_EXAMPLES says how many companies.
"""

from __future__ import annotations

import os
import random
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from close_library.accounting import build_schedules
from close_library.accounting.revenue import priced
from close_library.accounting.revenue.worth import on_each_basis, priced_deliveries_query, worth_query
from close_library.accounting.schedules import deliveries_worth
from close_library.evidence import Scope
from close_library.money import round_money
from tests.accounting.contracts import contract_company
from tests.ledgers import scope_of
from tests.ledgers import settings as parameters

FEW = settings(max_examples=int(os.environ.get("LAW_EXAMPLES", "6")))
ZERO, DAYS = Decimal(0), [date(2026, 4, 27) + timedelta(n) for n in range(12)]
"""Days on both sides of the end of a month: few, so that many deliveries share one."""

RATES = {("EUR", day): Decimal("1.05") + Decimal(n) / 100 for n, day in enumerate(DAYS) if n != 5} | {
    ("JPY", day): Decimal("0.0065") for day in DAYS
}
"""One day has no rate of the euro."""


@dataclass(frozen=True)
class Price:
    """A row of `contract_lines`: the price of one tier over one span of days, in file order."""

    tier: Decimal | None
    first: date | None
    last: date | None
    price: Decimal | None


@dataclass(frozen=True)
class Line:
    """A contract line with its prices."""

    id: str
    contract: str
    model: str
    recognition: str
    amount: Decimal | None
    prices: tuple[Price, ...]


@dataclass(frozen=True)
class Delivery:
    """A delivery; `row` tells deliveries of one id apart, in file order."""

    id: str
    line: str
    delivered: date
    accepted: date | None
    quantity: Decimal
    agreed: Decimal | None
    status: str
    row: int = 0


@dataclass(frozen=True)
class Company:
    """Two programs, contracts in three currencies, their lines and deliveries."""

    currencies: dict[str, str]
    owners: dict[str, str]
    lines: tuple[Line, ...]
    deliveries: tuple[Delivery, ...]


Worth = tuple[str, int, date, Decimal, Decimal, Decimal | None, bool]
"""Basis, row of the delivery, date, quantity, value, functional value, whether a price was in force."""


def quantities(draw: st.DrawFn) -> Decimal:
    whole = draw(st.sampled_from([1, 3, 7, 10, 20, 45, -2, -9, 0]))
    return Decimal(whole) + draw(st.sampled_from([ZERO, ZERO, Decimal("0.5"), Decimal("0.000001")]))


def prices(draw: st.DrawFn) -> tuple[Price, ...]:
    """One span or two, that may meet, leave days between them or overlap; one tier or more, of which the first may be missing."""
    change, gap = draw(st.sampled_from(DAYS)), draw(st.sampled_from([1, 1, 3, -1]))
    spans: list[tuple[date | None, date | None]] = draw(
        st.sampled_from([[(None, None)], [(DAYS[2], None)], [(None, change), (change + timedelta(gap), None)]])
    )
    tiers: list[int | None] = draw(st.sampled_from([[None], [0], [0, 10, 30], [None, 20], [5, 20]]))
    found = []
    for first, last in spans:
        for tier in tiers:
            price = draw(st.sampled_from(["0.05", "0.015", "1.005", "2", "0.000000000001", "-0.35"]))
            found.append(Price(None if tier is None else Decimal(tier), first, last, Decimal(price)))
    if draw(st.integers(0, 5)) == 0:  # a price that says nothing
        found[0] = replace(found[0], price=None)
    if draw(st.integers(0, 5)) == 0:  # a row twice, at another price
        found.append(replace(found[-1], price=Decimal("9.99")))
    return tuple(found)


@st.composite
def companies(draw: st.DrawFn) -> Company:
    """Lines of every kind; deliveries of them and of no line, with ids that may occur twice."""
    contracts = [f"c{n}" for n in range(draw(st.integers(1, 3)))]
    lines = []
    for n in range(draw(st.integers(1, 6))):
        model = draw(st.sampled_from(["usage", "usage", "staffing", "milestone", "fixed_fee"]))
        recognition = draw(st.sampled_from(["as_delivered", "on_acceptance", "cost_to_cost", "ratable_daily"]))
        by_amount = model in ("milestone", "fixed_fee")
        amount = Decimal(draw(st.integers(0, 50_000))) / 100 if by_amount and draw(st.booleans()) else None
        of_line = (Price(None, None, None, None),) if by_amount else prices(draw)
        lines.append(Line(f"l{n}", draw(st.sampled_from(contracts)), model, recognition, amount, of_line))
    deliveries = []
    for n in range(draw(st.integers(1, 30))):
        day, quantity = draw(st.sampled_from(DAYS)), quantities(draw)
        status = draw(st.sampled_from(["accepted", "accepted", "accepted", "delivered", "rejected"]))
        accepted = draw(st.sampled_from([day, *DAYS])) if status == "accepted" or draw(st.booleans()) else None
        agreed = draw(st.sampled_from([quantity, quantity, quantity - 1, None])) if accepted else None
        id = f"d{n if draw(st.integers(0, 5)) else max(n - 1, 0)}"
        named = draw(st.sampled_from([*(line.id for line in lines), *(line.id for line in lines), "nowhere"]))
        deliveries.append(Delivery(id, named, day, accepted, quantity, agreed, status, n))
    return Company(
        {contract: draw(st.sampled_from(["USD", "EUR", "JPY"])) for contract in contracts},
        {contract: draw(st.sampled_from(["atlas", "borealis", "nowhere"])) for contract in contracts},
        tuple(lines),
        tuple(deliveries),
    )


def tables(company: Company) -> dict[str, str]:
    """The company as text tables; no date and no amount is a dot."""

    def cells(*values: object) -> str:
        return " ".join(
            "." if value is None else f"{value:f}" if isinstance(value, Decimal) else str(value) for value in values
        )

    return {
        "programs": "atlas\nborealis",
        "contracts": "\n".join(
            cells(contract, company.owners[contract], currency) for contract, currency in company.currencies.items()
        ),
        "contract_lines": "\n".join(
            cells(line.id, line.contract, "x", line.model, line.recognition, each.price, each.tier, each.first, each.last,
                  line.amount, None, None, None, "100.00")
            for line in company.lines for each in line.prices
        ),
        "deliveries": "\n".join(
            cells(each.id, each.line, each.delivered, each.accepted, each.quantity, each.agreed, each.status, None,
                  "atlas" if each.row % 2 else "borealis")
            for each in company.deliveries
        ),
        "fx_rates": "\n".join(cells(currency, day, rate) for (currency, day), rate in RATES.items()),
    }  # fmt: skip


def told(company: Company) -> set[Worth]:
    """What each delivery is worth on each basis, as ACCOUNTING.md tells it."""
    return {
        worth
        for line in company.lines
        for basis in ("delivered", "accepted")
        for worth in told_of_line(company, line, basis)
    }


def told_of_line(company: Company, line: Line, basis: str) -> Iterator[Worth]:
    currency, accumulated, milestone = (
        company.currencies[line.contract],
        defaultdict[tuple[int, int], Decimal](Decimal),
        0,
    )
    by_quantity = line.model in ("usage", "staffing") and line.recognition != "cost_to_cost"
    counting = []
    for each in company.deliveries:
        day, quantity = (each.delivered, each.quantity) if basis == "delivered" else (each.accepted, each.agreed)
        counts = each.status != "rejected" if basis == "delivered" else each.status == "accepted"
        if each.line == line.id and counts and day and (quantity is not None or line.model == "milestone"):
            counting.append((day, each.id, each.row, quantity or ZERO))
    for day, _, row, quantity in sorted(counting):
        if line.model == "milestone":
            milestone += 1
            if milestone == 1:
                yield basis, row, day, Decimal(1), *money(line.amount or ZERO, currency, day), True
        elif by_quantity:
            before = accumulated[day.year, day.month]
            upto = accumulated[day.year, day.month] = before + quantity
            tiers = in_force(line, day)
            if not tiers:
                exact = ZERO
            elif any(each.tier for each in line.prices):
                exact = so_far(tiers, upto) - so_far(tiers, before)
            else:
                exact = quantity * tiers[ZERO]
            yield basis, row, day, quantity, *money(exact, currency, day), bool(tiers)


def in_force(line: Line, day: date) -> dict[Decimal, Decimal]:
    """Tier → its price on a day: of two the one that begins later, else the first in the file."""
    found: dict[Decimal, Price] = {}
    for each in line.prices:
        if each.price is None or (each.first and day < each.first) or (each.last and day > each.last):
            continue
        tier = each.tier or ZERO
        if tier not in found or (each.first or date.min) > (found[tier].first or date.min):
            found[tier] = each
    return {tier: each.price for tier, each in sorted(found.items()) if each.price is not None}


def so_far(tiers: dict[Decimal, Decimal], quantity: Decimal) -> Decimal:
    """What a month's quantity is worth when it has grown to this: each part at its tier's price, and what was taken back below
    nothing at the first tier's, where that begins with nothing."""
    if quantity < 0:
        return quantity * tiers.get(ZERO, ZERO)
    parts = pairwise([*tiers, max(*tiers, quantity) + 1])
    return sum(((max(min(quantity, high), low) - low) * tiers[low] for low, high in parts), ZERO)


def money(exact: Decimal, currency: str, day: date) -> tuple[Decimal, Decimal | None]:
    """An exact amount rounded once to the currency's minor unit, and what it is in dollars at the day's rate."""
    value = round_money(exact, currency)
    if currency == "USD" or not value:
        return value, value
    rate = RATES.get((currency, day))
    return value, None if rate is None else round_money(value * rate, "USD")


def company_of(folder: str, company: Company) -> Scope:
    return contract_company(Path(folder), "2026-05", **tables(company))


def found_in(scope: Scope, query: str) -> set[Worth]:
    """The rows of deliveries on each basis as the telling has them: the n-th row of the file is delivery n."""
    rows = scope.books.sql(
        f"""
        WITH numbered AS (SELECT source_row, row_number() OVER (ORDER BY source_row) - 1 AS n FROM deliveries)
        SELECT basis, n, priced_date, quantity, value, functional, priced FROM ({query}) JOIN numbered USING (source_row)
        """
    ).to_pylist()
    found = {tuple(row.values()) for row in rows}
    assert len(found) == len(rows), "a delivery stands once on a basis"
    return found


@FEW
@given(companies())
def test_each_delivery_is_worth_what_the_rules_tell(company: Company) -> None:
    with tempfile.TemporaryDirectory() as folder:
        scope = company_of(folder, company)
        assert found_in(scope, priced_deliveries_query(scope.books, "USD")) == told(company)


@FEW
@given(companies(), st.sampled_from([0, 2_000_000]))
def test_the_stored_schedule_is_worth_the_same(company: Company, sorted_at_most: int) -> None:
    """Program by program and part by part, however many deliveries a program has: sorted, or streamed as the books hold them."""
    with tempfile.TemporaryDirectory() as folder:
        scope = company_of(folder, company)
        usual, priced.SORTED_AT_MOST = priced.SORTED_AT_MOST, sorted_at_most
        try:
            build_schedules(scope.books.directory, "2026-05", parameters())
        finally:
            priced.SORTED_AT_MOST = usual
        again = scope_of(scope.books.directory, "2026-05")
        stored = deliveries_worth(again)
        assert "read_parquet" in stored
        assert found_in(again, on_each_basis(stored)) == told(company)


@FEW
@given(companies())
def test_the_parts_are_the_whole(company: Company) -> None:
    """Every delivery with a price stands in exactly one of the four parts."""
    with tempfile.TemporaryDirectory() as folder:
        scope = company_of(folder, company)
        count = "SELECT count(*) AS n, count(DISTINCT source_row) AS rows FROM"
        [whole] = scope.books.sql(f"{count} ({worth_query(scope.books, 'USD')})").to_pylist()
        each = [worth_query(scope.books, "USD", (part,)) for part in ("flat", "quiet", "graduated", "milestones")]
        [parts] = scope.books.sql(f"{count} ({' UNION ALL '.join(each)})").to_pylist()
        assert parts == whole and whole["n"] == whole["rows"] == len({worth[1] for worth in told(company)})


@FEW
@given(companies(), st.randoms(use_true_random=False))
def test_the_order_of_files_does_not_matter(company: Company, order: random.Random) -> None:
    """Shuffled deliveries are worth the same, but for those of one id on one day: there the file's order decides."""
    alone = tuple({each.id: each for each in company.deliveries}.values())
    company = replace(company, deliveries=tuple(replace(each, row=n) for n, each in enumerate(alone)))
    shuffled = list(company.deliveries)
    order.shuffle(shuffled)
    rows = {each.row: n for n, each in enumerate(shuffled)}
    with tempfile.TemporaryDirectory() as folder:
        scope = company_of(folder, replace(company, deliveries=tuple(shuffled)))
        found = found_in(scope, priced_deliveries_query(scope.books, "USD"))
    assert found == {(basis, rows[row], *worth) for basis, row, *worth in told(company)}


def test_a_day_that_crosses_a_tier(tmp_path: Path) -> None:
    """By hand: 6 at 2.00 and 4 at 2.00, 5 at 1.00; of 7 taken back, 5 at 1.00 and 2 at 2.00."""
    days = (DAYS[5], DAYS[5], DAYS[6], DAYS[6])
    line = Line("l", "c", "usage", "as_delivered", None, (
        Price(ZERO, None, None, Decimal("2.00")), Price(Decimal(10), None, None, Decimal("1.00"))))  # fmt: skip
    rows = [Delivery(f"d{n}", "l", day, None, Decimal(quantity), None, "delivered", n)
            for n, (day, quantity) in enumerate(zip(days, (6, 9, -7, 1), strict=True))]  # fmt: skip
    company = Company({"c": "USD"}, {"c": "atlas"}, (line,), tuple(rows))
    scope = company_of(str(tmp_path), company)
    found = found_in(scope, priced_deliveries_query(scope.books, "USD"))
    values = [worth[4] for worth in sorted(found, key=lambda worth: worth[1])]
    assert values == [Decimal("12.00"), Decimal("13.00"), Decimal("-9.00"), Decimal("2.00")]
    assert found == told(company)
