"""Laws of the trace and the burn, over orders that hypothesis makes up. LAW_EXAMPLES says how many."""

import os
import random
import tempfile
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from close_library.accounting import purchase_order_burn, purchase_order_trace, status_total, total_of, trace
from close_library.accounting.purchase_orders.orders import VALUES, value_rows
from close_library.accounting.purchase_orders.value_status import STATUSES, value_statuses
from close_library.evidence import Scope
from tests.accounting.orders import order_company
from tests.ledgers import found, scope_of

PROGRAMS = ("atlas", "borealis")
ORDERS = ("PO-1", "PO-2", "PO-B", "PO-X", ".")
CENTS = st.integers(1, 100_000).map(lambda cents: Decimal(cents) / 100)
DAYS = st.integers(0, 70).map(lambda days: date(2025, 12, 20) + timedelta(days))
LINES = ("u", "a", "m", "s", "f", "v")
FEW = settings(max_examples=int(os.environ.get("LAW_EXAMPLES", "3")))

Tables = dict[str, list[str]]

FIXED: Tables = {
    "programs": list(PROGRAMS),
    "contracts": ["c-1", "c-2 atlas EUR", "c-3 borealis"],
    "contract_lines": [
        "u c-1 usage as_delivered 0.37",
        "a c-2 staffing on_acceptance 1.01",
        "m c-1 milestone on_acceptance . 99.99",
        "s c-1 subscription ratable_daily . 500.00 2026-01-01 2026-12-31",
        "f c-2 fixed_fee cost_to_cost . 700.00 . . 900.00",
        "v c-3 usage as_delivered 2.00",
    ],
    "fx_rates": [f"EUR {date(2025, 12, 1) + timedelta(n)} {Decimal(105 + n % 17) / 100}" for n in range(120)],
}


@st.composite
def companies(draw: st.DrawFn) -> Tables:
    """Two programs, USD and EUR; deliveries, invoices, memos and cash that name orders of the program, others', unknown, none."""
    orders = [
        f"PO-1 {draw(CENTS)} c-1 {draw(DAYS)} . {draw(DAYS)}",
        f"PO-2 {draw(CENTS)} c-2 2026-01-01 . {draw(DAYS)} {draw(st.sampled_from(['open', 'closed']))} EUR",
        f"PO-B {draw(CENTS)} c-3 2026-01-01 . . open USD borealis",
    ]
    amendments = [
        f"PO-{draw(st.sampled_from('12B'))} {n} {draw(DAYS)} {draw(CENTS) - 300}"
        for n in range(draw(st.integers(0, 3)))
    ]
    deliveries, invoices, lines, receipts, applications = [], [], [], [], []
    for n in range(draw(st.integers(0, 8))):
        line, day, quantity = draw(st.sampled_from(LINES)), draw(DAYS), draw(CENTS)
        status = draw(st.sampled_from(["accepted", "accepted", "delivered", "rejected"]))
        accepted = f"{day + timedelta(draw(st.integers(0, 20)))} {quantity} {quantity - draw(st.sampled_from([0, 1]))}"
        rest = accepted if status == "accepted" else f". {quantity} ."
        program = "borealis" if line == "v" else "atlas"
        deliveries.append(f"d{n} {line} {draw(st.sampled_from(ORDERS))} {day} {rest} {status} {draw(CENTS)} {program}")
    for n in range(draw(st.integers(0, 5))):
        memo, count = draw(st.booleans()) and n > 2, draw(st.integers(1, 3))
        parts = [draw(CENTS) * (-1 if memo else 1) for _ in range(count)]
        tax = draw(st.sampled_from([Decimal(0), Decimal("1.23")])) * (-1 if memo else 1)
        kind, status = (
            "credit_memo" if memo else "invoice",
            draw(st.sampled_from(["posted", "posted", "posted", "void"])),
        )
        currency, total = draw(st.sampled_from(["USD", "EUR"])), sum(parts, tax)
        invoices.append(f"i{n} {draw(st.sampled_from(ORDERS))} {draw(DAYS)} {total} {tax} {kind} {status} {currency}")
        for m, amount in enumerate(parts):
            named = draw(st.sampled_from([".", *(row.split()[0] for row in deliveries)]))
            lines.append(f"i{n} {m} {draw(st.sampled_from([*LINES, '.']))} {amount} {named}")
    for n in range(draw(st.integers(0, 4)) if invoices else 0):
        invoice = draw(st.sampled_from(invoices)).split()
        receipts.append(f"r{n} {draw(DAYS)} {draw(CENTS)} {invoice[-1]}")
        memos = [row.split()[0] for row in invoices if "credit_memo" in row]
        source = draw(st.sampled_from([f"r{n}", f"r{n}", *memos]))
        receipt, memo_id = (source, ".") if source.startswith("r") else (".", source)
        discount = draw(st.sampled_from([".", "0.50"]))
        applications.append(f"x{n} {receipt} {invoice[0]} {draw(DAYS)} {draw(CENTS)} {discount} . {memo_id}")
    return {
        **FIXED,
        "purchase_orders": orders,
        "po_amendments": amendments,
        "deliveries": deliveries,
        "invoices": invoices,
        "invoice_lines": lines,
        "cash_receipts": receipts,
        "cash_applications": applications,
    }


def company(folder: str, tables: Tables, seed: int | None = None) -> Scope:
    """The scope of atlas in February; with a seed, the rows of every table stand in another order."""
    rows = {name: list(lines) for name, lines in tables.items()}
    if seed is not None:
        for lines in rows.values():
            random.Random(seed).shuffle(lines)
    return order_company(Path(folder), "2026-02", **{name: "\n".join(lines) for name, lines in rows.items()})


@FEW
@given(companies())
def test_every_cent_has_exactly_one_status(tables: Tables) -> None:
    """Row by row the statuses add up to the value, and over all rows to the program's value."""
    with tempfile.TemporaryDirectory() as folder:
        company(folder, tables)
        for program in ("_company", *PROGRAMS):
            scope = scope_of(Path(folder) / "books", "2026-02", program)
            result = purchase_order_trace(scope)
            total = result.tables["50.1"].frame.iloc[-1]
            for value in VALUES:
                assert status_total(scope, value) == result.figures[value].money == total[value], value
            torn = scope.books.sql(
                f"""
                WITH whole AS (SELECT value, source_table, source_file, source_row, sum(functional) AS amount
                               FROM {value_rows(scope)} GROUP BY ALL),
                parts AS (SELECT value, source_table, source_file, source_row, sum(amount) AS amount
                          FROM {value_statuses(scope)} GROUP BY ALL)
                SELECT * FROM whole FULL JOIN parts USING (value, source_table, source_file, source_row)
                WHERE coalesce(whole.amount, 0) <> coalesce(parts.amount, 0)
                """
            ).to_pylist()
            assert torn == []
            twice = scope.books.sql(
                f"""
                SELECT value, status, source_table, source_file, source_row FROM {value_statuses(scope)}
                GROUP BY ALL HAVING count(*) > 1
                """
            )
            assert twice.num_rows == 0
            used = {row["status"] for row in scope.books.sql(f"SELECT status FROM {value_statuses(scope)}").to_pylist()}
            assert used <= set(STATUSES)


@FEW
@given(companies())
def test_every_figure_is_the_sum_of_its_rows(tables: Tables) -> None:
    with tempfile.TemporaryDirectory() as folder:
        scope = company(folder, tables)
        burn = purchase_order_burn(scope)
        for figure in (*purchase_order_trace(scope).figures.values(), *burn.figures.values()):
            if figure.population is None:
                assert figure.unit in ("percent", "date")
            else:
                assert sum(figure.population.rows()["amount"], Decimal(0)) == figure.money, figure.id
        assert total_of(burn, "committed", "remaining") == total_of(burn, "funded")


@FEW
@given(companies(), st.integers(0, 10_000))
def test_the_order_of_rows_changes_nothing_but_addresses(tables: Tables, seed: int) -> None:
    with tempfile.TemporaryDirectory() as first, tempfile.TemporaryDirectory() as second:
        one, other = company(first, tables), company(second, tables, seed)
        for procedure in (purchase_order_trace, purchase_order_burn):
            left, right = procedure(one), procedure(other)
            assert amounts_of(left) == amounts_of(right)
            assert found(left) == found(right)
            for id, table in left.tables.items():
                assert table.frame.astype(str).equals(right.tables[id].frame.astype(str)), id


def amounts_of(result: object) -> dict[str, str]:
    figures = getattr(result, "figures")  # noqa: B009
    return {id: str(figure.amount) for id, figure in figures.items()}


@FEW
@given(companies())
def test_a_walk_comes_back(tables: Tables) -> None:
    """Each delivery, invoice and receipt that an order leads to leads back to the order."""
    with tempfile.TemporaryDirectory() as folder:
        scope = company(folder, tables)
        for order in ("PO-1", "PO-2"):
            for row in trace(scope, "purchase_orders", order).to_dict("records"):
                if row["table"] in ("deliveries", "invoice_lines", "cash_receipts"):
                    back = trace(scope, row["table"], row["key"])
                    assert order in set(back[back["table"] == "purchase_orders"]["key"]), (
                        order,
                        row["table"],
                        row["key"],
                    )
