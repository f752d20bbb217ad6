"""Laws of revenue and contract balances, over contracts that hypothesis makes up. LAW_EXAMPLES says how many."""

import os
import random
import tempfile
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from close_library.accounting.revenue.contract_balances import contract_balances_to_ledger
from close_library.accounting.revenue.contracts import positions
from close_library.accounting.revenue.recognised import priced_lines
from close_library.accounting.revenue.recognition import Change, PricedLine, revenue_by_month, revenue_to_date
from close_library.accounting.revenue.revenue_recognition import revenue_recognition
from close_library.accounting.revenue.revenue_to_ledger import revenue_to_ledger
from close_library.accounting.revenue.roll_contracts import (
    contract_asset_roll_forward,
    deferred_revenue_roll_forward,
    rolled_contracts,
)
from close_library.accounting.roll import opening_and_signed
from close_library.evidence import Result, Scope
from tests.accounting.contracts import contract_company
from tests.accounting.signed import sign_figures
from tests.ledgers import amounts, found, scope_of

PROGRAMS = ("atlas", "borealis")
PROCEDURES: dict[str, Callable[[Scope], Result]] = {
    "22": contract_balances_to_ledger,
    "23": revenue_to_ledger,
    "31": deferred_revenue_roll_forward,
    "32": contract_asset_roll_forward,
    "60": revenue_recognition,
}
SCOPES = ("_company", *PROGRAMS)
SIGNED = {("atlas", "31"): "7.00", ("_company", "32"): "-3.00"}
"""Closing balances that somebody signed for January."""
CENTS = st.integers(1, 100_000).map(lambda cents: Decimal(cents) / 100)
DAYS = st.integers(0, 100).map(lambda days: date(2025, 12, 20) + timedelta(days))
RATES = "\n".join(f"EUR {date(2025, 12, 1) + timedelta(n)} {Decimal(105 + n % 17) / 100}" for n in range(150))
FEW = settings(max_examples=int(os.environ.get("LAW_EXAMPLES", "2")))
MANY = settings(max_examples=20 * int(os.environ.get("LAW_EXAMPLES", "3")))

Tables = dict[str, str]


def _line(draw: st.DrawFn, id: str, contract: str) -> list[str]:
    """The rows of one contract line of any kind: by quantity with and without tiers, by acceptance, by time, by cost."""
    start, price = draw(DAYS), draw(CENTS)
    end = start + timedelta(draw(st.integers(0, 90)))
    selling = draw(st.sampled_from([".", "10.00", "25.00"]))
    kind = draw(st.sampled_from(["usage", "tiers", "milestone", "ratable_daily", "ratable_monthly", "cost_to_cost"]))
    when = draw(st.sampled_from(["as_delivered", "on_acceptance"]))
    if kind == "usage":
        return [f"{id} {contract} x staffing {when} {price}"]
    if kind == "tiers":
        change = draw(DAYS)
        return [
            f"{id} {contract} x usage {when} {price * (3 - tier) / 1000} {tier * 20} {begins} {ends}"
            for tier in (0, 1, 2)
            for begins, ends in ((".", change), (change + timedelta(1), "."))
        ]
    model = {"milestone": "milestone", "cost_to_cost": "fixed_fee"}.get(kind, "subscription")
    how = "on_acceptance" if kind == "milestone" else kind
    return [f"{id} {contract} x {model} {how} . . . . {price} {start} {end} {selling} {draw(CENTS)}"]


@st.composite
def companies(draw: st.DrawFn) -> Tables:
    """Contracts of two programs and of none, USD and EUR, with deliveries, changes, invoices and credit memos."""
    contracts, lines, ids, changes, deliveries, invoices, billed = [], [], [], [], [], [], []
    currencies, owners = {}, {}
    for n in range(draw(st.integers(1, 3))):
        contract = f"c{n}"
        owners[contract] = draw(st.sampled_from([*PROGRAMS, "nowhere"]))
        currencies[contract] = draw(st.sampled_from(["USD", "EUR"]))
        contracts.append(f"{contract} {owners[contract]} {currencies[contract]} 2025-12-20")
        for m in range(draw(st.integers(1, 3))):
            ids.append((f"{contract}l{m}", contract))
            lines += _line(draw, f"{contract}l{m}", contract)
    for _ in range(draw(st.integers(0, 2))):
        line, _ = draw(st.sampled_from(ids))
        changes.append(
            f"{line} {draw(DAYS)} {draw(CENTS) - 300} {draw(st.sampled_from(['cumulative', 'prospective']))}"
        )
    for n in range(draw(st.integers(0, 8))):
        (line, contract), day, quantity = draw(st.sampled_from(ids)), draw(DAYS), draw(CENTS)
        status = draw(st.sampled_from(["accepted", "accepted", "delivered", "rejected"]))
        accepted = day + timedelta(draw(st.integers(0, 20))) if status == "accepted" else "."
        deliveries.append(
            f"d{n} {line} {day} {accepted} {quantity} {quantity} {status} {draw(CENTS)} {owners[contract]}"
        )
    for n in range(draw(st.integers(0, 5))):
        (line, contract), day, amount = draw(st.sampled_from(ids)), draw(DAYS), draw(CENTS)
        kind, signed = draw(st.sampled_from([("invoice", amount), ("invoice", amount), ("credit_memo", -amount)]))
        status = draw(st.sampled_from(["posted", "posted", "posted", "void"]))
        invoices.append(f"i{n} {day} {signed} {kind} {status} {currencies[contract]} {owners[contract]}")
        billed.append(f"i{n} 1 {draw(st.sampled_from([line, line, '.']))} {signed}")
    tables = {
        "programs": list(PROGRAMS), "contracts": contracts, "contract_lines": lines, "contract_changes": changes,
        "deliveries": deliveries, "invoices": invoices, "invoice_lines": billed,
    }  # fmt: skip
    return {"fx_rates": RATES, **{name: "\n".join(rows) for name, rows in tables.items()}}


def sealed(folder: str, tables: Tables) -> Path:
    """The sealed books of a made-up company."""
    contract_company(Path(folder), **tables)
    return Path(folder) / "books"


def all_results(scope: Scope, refs: Sequence[str] = tuple(PROCEDURES)) -> dict[str, Result]:
    """What the procedures found, by the ref of their workpaper."""
    return {ref: PROCEDURES[ref](scope) for ref in refs}


@FEW
@given(companies(), st.booleans())
def test_everything_rolls_and_agrees(tables: Tables, signed: bool) -> None:
    """31 and 32 roll to 22, whatever was signed; 60 = 23 = 31 = 32; figures are the sums of their rows; a contract is never
    asset and liability."""
    with tempfile.TemporaryDirectory() as folder:
        books = sealed(folder, tables)
        if signed:
            line = tables["contract_lines"].split()[0]
            sign_figures(
                books,
                "2026-01 atlas 60 revenue_to_date 1.00",
                f"2026-01 atlas 60 revenue_to_date:{line} 1.00",
                *(f"2026-01 {program} {ref} closing_balance {amount}" for (program, ref), amount in SIGNED.items()),
            )
        for program in SCOPES:
            scope = scope_of(books, "2026-02", program)
            results = all_results(scope)
            for ref, balance in (("31", "deferred_revenue"), ("32", "unbilled_receivable")):
                closing = results[ref].closing_balance.money
                assert rolled_contracts(results[ref]) == closing == results["22"].figures[balance].money
                today, as_signed = opening_and_signed(results[ref])
                restated = results[ref].figures.get("restatement")
                assert (as_signed is None) == (restated is None) == (not signed or (program, ref) not in SIGNED)
                assert restated is None or today == results[ref].opening_balance.money + restated.money
            assert len({results[ref].revenue.money for ref in ("23", "31", "32", "60")}) == 1
            for figure in (figure for result in results.values() for figure in result.figures.values()):
                assert figure.population is not None
                assert sum(figure.population.rows()["amount"], Decimal(0)) == figure.money, figure.id
            for as_of in (scope.opening_date, scope.closing_date):
                for row in scope.books.sql(f"SELECT asset, liability FROM {positions(scope, as_of)}").to_pylist():
                    assert min(row.values()) == 0 <= max(row.values())


@FEW
@given(companies())
def test_january_to_march_is_the_sum_of_its_months(tables: Tables) -> None:
    """To date is the sum of the periods, and each month opens where the one before closed."""
    with tempfile.TemporaryDirectory() as folder:
        books = sealed(folder, tables)
        for program in ("_company", "atlas"):
            months = [all_results(scope_of(books, f"2026-0{n}", program), ("31", "32", "60")) for n in (1, 2, 3)]
            for before, after in pairwise(months):
                for ref in ("31", "32"):
                    assert before[ref].closing_balance.money == after[ref].opening_balance.money
                for id, figure in after["60"].figures.items():
                    if id.startswith("revenue_to_date"):
                        of_period = after["60"].figures[id.replace("revenue_to_date", "revenue")].money
                        assert before["60"].figures[id].money + of_period == figure.money, id


@FEW
@given(companies())
def test_the_company_is_its_programs_and_what_belongs_to_none(tables: Tables) -> None:
    """What the programs don't have are the rows of contracts whose program is unknown."""
    with tempfile.TemporaryDirectory() as folder:
        books = sealed(folder, tables)
        whole, *parts = (all_results(scope_of(books, "2026-02", program)) for program in SCOPES)
        for ref, id in (("23", "revenue"), ("31", "billings"), ("22", "deferred_revenue"), ("32", "opening_balance")):
            rest = whole[ref].figures[id].money - sum(part[ref].figures[id].money for part in parts)
            population = whole[ref].figures[id].population
            assert population is not None
            rows = population.rows()
            of_none = [
                a for a, shown in zip(rows["amount"], rows["shown"], strict=True) if dict(shown)["program"] is None
            ]
            assert rest == sum(of_none, Decimal(0)), (ref, id)


@FEW
@given(companies(), st.integers(0, 10_000))
def test_the_order_of_rows_changes_nothing_but_addresses(tables: Tables, seed: int) -> None:
    order = random.Random(seed)
    shuffled = {name: "\n".join(order.sample(rows.split("\n"), len(rows.split("\n")))) for name, rows in tables.items()}
    with tempfile.TemporaryDirectory() as first, tempfile.TemporaryDirectory() as second:
        one, other = (
            all_results(scope_of(sealed(folder, rows), "2026-02"))
            for folder, rows in ((first, tables), (second, shuffled))
        )
        for ref in one:
            assert amounts(one[ref]) == amounts(other[ref])
            assert found(one[ref]) == found(other[ref])
            for id, table in one[ref].tables.items():
                assert table.frame.astype(str).equals(other[ref].tables[id].frame.astype(str)), id


@FEW
@given(companies())
def test_the_revenue_of_a_finished_line_is_its_price_to_the_cent(tables: Tables) -> None:
    """Every ratable line through the books: its share of its contract's price and its changes, whatever the months were."""
    with tempfile.TemporaryDirectory() as folder:
        scope = scope_of(sealed(folder, tables), "2026-12")
        for line, _ in priced_lines(scope.books, scope.parameters):
            if line.recognition.startswith("ratable"):
                price = line.price + sum(change.amount for change in line.changes)
                assert sum((amount for _, amount in revenue_by_month(line, scope.closing_date)), Decimal(0)) == price


@MANY
@given(
    price=CENTS,
    start=DAYS,
    length=st.integers(0, 400),
    how=st.sampled_from(["ratable_daily", "ratable_monthly", "cost_to_cost"]),
    currency=st.sampled_from(["USD", "JPY", "KWD"]),
    changed=st.lists(st.tuples(DAYS, CENTS, st.booleans()), max_size=3),
)
def test_a_line_s_months_add_up_to_its_price(
    price: Decimal, start: date, length: int, how: str, currency: str, changed: list[tuple[date, Decimal, bool]]
) -> None:
    """To date is the sum of the months, never beyond an unchanged price, and in the end all of it is recognised."""
    whole = price.quantize(Decimal(1))
    changes = [Change(day, amount.quantize(Decimal(1)), prospective) for day, amount, prospective in changed]
    line = PricedLine(
        contract_line_id="l", contract_id="c", recognition=how, currency=currency, price=whole,
        service_start=start, service_end=start + timedelta(length), estimated_cost=Decimal(7),
        costs=[(start + timedelta(day), Decimal(1)) for day in range(0, 10 * 30, 30)], changes=changes,
    )  # fmt: skip
    end = date(2027, 12, 31)
    rows = revenue_by_month(line, end)
    assert sum((amount for _, amount in rows), Decimal(0)) == revenue_to_date(line, end)
    assert revenue_to_date(line, end) == whole + sum(change.amount for change in changes)
    if not changes:
        assert all(0 <= revenue_to_date(line, day) <= whole for day, _ in rows)
