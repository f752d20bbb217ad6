"""Receivables computed again from the CSV rows in plain Python agree with the expected figures."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

import pytest

from close_library.period import Period
from close_library.sample.programs import PERIODS, PROGRAM_IDS
from tests.sample.conftest import Sample

ZERO = Decimal("0.00")
SCOPES = ("_company", *PROGRAM_IDS)


@dataclass
class Item:
    """An open item: its column in the aging, its program and its balance at T in functional currency."""

    column: str
    program: str
    balance: Decimal


class Rows:
    """The receivables tables, joined."""

    def __init__(self, sample: Sample) -> None:
        self.rates = {row["rate_date"]: Decimal(row["rate"]) for row in sample.rows("fx_rates")}
        self.invoices = {row["invoice_id"]: row for row in sample.rows("invoices") if row["status"] == "posted"}
        self.receipts = {row["receipt_id"]: row for row in sample.rows("cash_receipts")}
        self.applications = [row for row in sample.rows("cash_applications") if row["invoice_id"] in self.invoices]
        programs: dict[str, set[str]] = defaultdict(set)
        for table in ("programs", "contracts"):
            for row in sample.rows(table):
                programs[row["customer_id"]].add(row["program_id"])
        self.owner = {customer: found.pop() if len(found) == 1 else "" for customer, found in programs.items()}
        self.ledger = [row for row in sample.rows("gl_entries") if row["account"] == "1200"]

    def functional(self, amount: Decimal, currency: str, day: str) -> Decimal:
        rate = Decimal(1) if currency == "USD" else self.rates[day]
        return (amount * rate).quantize(ZERO, ROUND_HALF_UP)

    def counted(self, row: dict[str, str]) -> str:
        """The day from which an application counts."""
        days = [row["application_date"], self.invoices[row["invoice_id"]]["invoice_date"]]
        if row["receipt_id"]:
            days.append(self.receipts[row["receipt_id"]]["receipt_date"])
        if row["credit_memo_id"]:
            days.append(self.invoices[row["credit_memo_id"]]["invoice_date"])
        return max(days)

    def items(self, period: Period) -> list[Item]:
        day = period.last_day.isoformat()
        left = {key: Decimal(row["total_amount"]) for key, row in self.invoices.items() if row["invoice_date"] <= day}
        left |= {key: -Decimal(row["amount"]) for key, row in self.receipts.items() if row["receipt_date"] <= day}
        for row in self.applications:
            if self.counted(row) <= day:
                amount = Decimal(row["amount"])
                left[row["invoice_id"]] -= (
                    amount + Decimal(row["discount_amount"] or 0) + Decimal(row["write_off_amount"] or 0)
                )
                if row["receipt_id"] or row["credit_memo_id"]:
                    left[row["receipt_id"] or row["credit_memo_id"]] += amount
        return [self._item(key, amount, period) for key, amount in left.items() if amount]

    def _item(self, key: str, amount: Decimal, period: Period) -> Item:
        day = period.last_day
        if key in self.receipts:
            receipt = self.receipts[key]
            balance = self.functional(amount, receipt["currency"], day.isoformat())
            return Item("unapplied_cash", self.owner[receipt["customer_id"]], balance)
        invoice = self.invoices[key]
        balance = self.functional(amount, invoice["currency"], day.isoformat())
        if invoice["document_type"] == "credit_memo":
            column = "credit_memos"
        elif not invoice["due_date"]:
            column = "no_due_date"
        else:
            late = (day - date.fromisoformat(invoice["due_date"])).days
            column = (
                "not_due"
                if late <= 0
                else "days_1_30"
                if late <= 30
                else "days_31_60"
                if late <= 60
                else "days_61_90"
                if late <= 90
                else "over_90"
            )
        return Item(column, invoice["program_id"], balance)


@pytest.fixture(scope="module")
def rows(sample: Sample) -> Rows:
    return Rows(sample)


@pytest.mark.parametrize("period", PERIODS, ids=str)
def test_aging_and_subledger_from_the_rows(sample: Sample, rows: Rows, period: Period) -> None:
    items = rows.items(period)
    for scope in SCOPES:
        refs = sample.truth.figures[str(period)][scope]
        mine = [item for item in items if scope in ("_company", item.program)]
        total = sum((item.balance for item in mine), ZERO)
        assert refs["20"]["ar_subledger"] == refs["30"]["closing_balance"] == refs["70"]["total"] == total
        for column in (
            "not_due",
            "days_1_30",
            "days_31_60",
            "days_61_90",
            "over_90",
            "no_due_date",
            "credit_memos",
            "unapplied_cash",
        ):
            assert refs["70"][column] == sum((i.balance for i in mine if i.column == column), ZERO), (scope, column)


@pytest.mark.parametrize("period", PERIODS, ids=str)
def test_ledger_is_subledger_plus_the_listed_differences(sample: Sample, rows: Rows, period: Period) -> None:
    classes = ("in_subledger_not_in_gl", "in_gl_not_in_subledger", "amount_differs", "timing")
    for scope in SCOPES:
        figures = sample.truth.figures[str(period)][scope]["20"]
        day = period.last_day.isoformat()
        ledger = sum(
            (
                Decimal(row["amount"])
                for row in rows.ledger
                if row["effective_date"] <= day and scope in ("_company", row["program_id"])
            ),
            ZERO,
        )
        listed = [
            one
            for one in sample.truth.findings
            if (one.period, one.scope) == (str(period), scope) and one.finding in classes
        ]
        assert figures["ar_general_ledger"] == ledger
        assert (figures["ar_subledger"] or 0) + sum((one.amount or ZERO for one in listed), ZERO) == ledger
        assert figures["unexplained"] == 0
        for name in classes:
            assert figures[name] == sum((one.amount or ZERO for one in listed if one.finding == name), ZERO)


def test_the_roll_forward_foots_and_begins_at_nothing(sample: Sample) -> None:
    for scope in SCOPES:
        before: Decimal | None = ZERO
        for period in PERIODS:
            roll = {name: amount or ZERO for name, amount in sample.truth.figures[str(period)][scope]["30"].items()}
            assert roll["opening_balance"] == before
            computed = (
                roll["opening_balance"]
                + roll["invoices"]
                - roll["cash_received"]
                - roll["credit_memos"]
                - roll["discounts"]
                - roll["write_offs"]
                + roll["fx"]
            )
            assert computed == roll["closing_balance"], (period, scope)
            before = roll["closing_balance"]


def test_the_movements_of_a_month_from_the_rows(sample: Sample, rows: Rows) -> None:
    month, roll = "2026-08", sample.truth.figures["2026-08"]["_company"]["30"]
    cash = (
        rows.functional(Decimal(r["amount"]), r["currency"], r["receipt_date"])
        for r in rows.receipts.values()
        if r["receipt_date"].startswith(month)
    )
    billed = [r for r in rows.invoices.values() if r["invoice_date"].startswith(month)]
    signed = {
        kind: sum(
            (
                rows.functional(Decimal(r["total_amount"]), r["currency"], r["invoice_date"])
                for r in billed
                if r["document_type"] == kind
            ),
            ZERO,
        )
        for kind in ("invoice", "credit_memo")
    }
    given = [r for r in rows.applications if rows.counted(r).startswith(month)]
    assert roll["cash_received"] == sum(cash, ZERO)
    assert (roll["invoices"], roll["credit_memos"]) == (signed["invoice"], -signed["credit_memo"])
    assert roll["write_offs"] == sum((Decimal(r["write_off_amount"]) for r in given), ZERO) > 0
    assert roll["discounts"] == sum((Decimal(r["discount_amount"]) for r in given), ZERO) > 0


def test_indicators_follow_the_published_formulas(sample: Sample) -> None:
    for period in PERIODS:
        refs = sample.truth.figures[str(period)]["_company"]
        aging, opening = refs["70"], refs["30"]["opening_balance"]
        total, sales, not_due = (aging[name] or ZERO for name in ("total", "credit_sales", "not_due"))
        assert aging["dso"] == (total / sales * period.days).quantize(Decimal("0.0001"), ROUND_HALF_UP)
        cei = ((opening or ZERO) + sales - total) / ((opening or ZERO) + sales - not_due) * 100
        assert aging["collection_effectiveness"] == cei.quantize(Decimal("0.0001"), ROUND_HALF_UP)
