"""What the contract, vendor and tracker workpapers (22, 23, 24, 60, 90) must show where the events say it exactly.

Left out are the converted delivered, accepted, billed and collected values of the foreign program, and with them
of the company: their rounding belongs to each delivery or line, and the generator keeps only sums of those.
"""

from __future__ import annotations

from decimal import Decimal

from close_library.money import ZERO, ratio
from close_library.period import Period
from close_library.sample.contract_balances import balances
from close_library.sample.figures_receivables import COMPANY, Figures
from close_library.sample.history import History, Sums
from close_library.sample.programs import (
    FOREIGN_PROGRAM,
    LINES,
    PERIODS,
    PROGRAM_IDS,
    Line,
    program_of_contract_line,
)
from close_library.sample.receivables import Receivables

_APPROVED = ("approved", "paid")


class ContractFigures:
    """The figures of these workpapers for any scope and period."""

    def __init__(self, history: History, receivables: Receivables) -> None:
        self.history, self.receivables = history, receivables
        self._balances = {period: balances(history, period) for period in PERIODS}
        self._posted: dict[tuple[str, str, Period, bool], Decimal] = {}
        for journal in history.journals:
            for line in journal.lines:
                key = (line.account, line.program_id, Period.of(journal.effective_date), line.amount > 0)
                self._posted[key] = self._posted.get(key, ZERO) + line.amount

    def _ledger(self, accounts: str, period: Period, scope: str, to_date: bool, sides: str = "dc") -> Decimal:
        return sum(
            (
                amount
                for (account, program, month, debit), amount in self._posted.items()
                if account in accounts.split()
                and scope in (COMPANY, program)
                and (month == period or (to_date and month < period))
                and ("d" if debit else "c") in sides
            ),
            ZERO,
        )

    def _lines(self, scope: str) -> list[Line]:
        return [line for line in LINES if scope in (COMPANY, program_of_contract_line(line.line_id))]

    def _sum(self, sums: Sums, period: Period, scope: str) -> Decimal:
        return sum((sums[line.line_id, period] for line in self._lines(scope)), ZERO)

    def contract_balances(self, period: Period, scope: str) -> Figures:
        """The figures of 22."""
        programs = PROGRAM_IDS if scope == COMPANY else (scope,)
        now = self._balances[period]
        return {
            "deferred_revenue": sum((now[program][1] for program in programs), ZERO),
            "deferred_revenue_general_ledger": -self._ledger("2400", period, scope, True),
            "unbilled_receivable": sum((now[program][0] for program in programs), ZERO),
            "unbilled_receivable_general_ledger": self._ledger("1250", period, scope, True),
        }

    def revenue(self, period: Period, scope: str) -> Figures:
        """The figures of 23."""
        found: Figures = {}
        if scope not in (COMPANY, FOREIGN_PROGRAM):
            found["delivered_value"] = self._sum(self.history.delivered_value, period, scope)
            found["accepted_value"] = self._sum(self.history.accepted_value, period, scope)
            found["billed"] = self._sum(self.history.billed, period, scope)
        found["revenue"] = self._sum(self.history.revenue, period, scope)
        found["revenue_general_ledger"] = -self._ledger("4000 4010", period, scope, False)
        return found

    def vendors(self, period: Period, scope: str) -> Figures:
        """The figures of 24."""
        invoices = [
            one
            for one in self.history.vendor_invoices
            if one.status in _APPROVED and scope in (COMPANY, one.program_id)
        ]
        programs = {one.vendor_invoice_id: one.program_id for one in self.history.vendor_invoices}
        payments = [
            one for one in self.history.vendor_payments if scope in (COMPANY, programs.get(one.vendor_invoice_id))
        ]
        day = period.last_day
        now = [one for one in invoices if Period.of(one.invoice_date) == period]
        to_date = [one for one in invoices if one.invoice_date <= day]
        paid_now = [one for one in payments if Period.of(one.payment_date) == period]
        paid_to_date = [one for one in payments if one.payment_date <= day]
        owed_to_date = sum((self._owed(month, scope) for month in PERIODS if month <= period), ZERO)
        return {
            "approved_work": self._owed(period, scope) + sum((one.unnamed for one in now), ZERO),
            "approved_work_general_ledger": self._ledger("5000", period, scope, False),
            "vendor_invoiced": sum((one.amount for one in now), ZERO),
            "vendor_invoiced_general_ledger": -self._ledger("2000", period, scope, False, "c"),
            "vendor_paid": sum((one.amount for one in paid_now), ZERO),
            "vendor_paid_general_ledger": self._ledger("2000", period, scope, False, "d"),
            "vendor_payable": sum((one.amount for one in to_date), ZERO) - sum((p.amount for p in paid_to_date), ZERO),
            "vendor_payable_general_ledger": -self._ledger("2000", period, scope, True),
            "vendor_accrual": owed_to_date - sum((one.accrued for one in to_date), ZERO),
            "vendor_accrual_general_ledger": -self._ledger("2100", period, scope, True),
        }

    def _owed(self, period: Period, scope: str) -> Decimal:
        programs = PROGRAM_IDS if scope == COMPANY else (scope,)
        return sum((self.history.owed[program, period] for program in programs), ZERO)

    def recognition(self, period: Period, scope: str) -> Figures:
        """The figures of 60, for a program and each of its contract lines."""
        found: Figures = {"revenue_to_date": ZERO, "revenue": ZERO, "catch_up": ZERO}
        for line in self._lines(scope):
            to_date = sum((self.history.revenue[line.line_id, month] for month in PERIODS if month <= period), ZERO)
            now = self.history.revenue[line.line_id, period]
            found[f"revenue_to_date:{line.line_id}"] = to_date
            found[f"revenue:{line.line_id}"] = now
            found[f"catch_up:{line.line_id}"] = ZERO
            found["revenue_to_date"] = (found["revenue_to_date"] or ZERO) + to_date
            found["revenue"] = (found["revenue"] or ZERO) + now
        return found

    def tracker(self, period: Period, scope: str) -> Figures:
        """The figures of 90."""
        revenue = self._sum(self.history.revenue, period, scope)
        cost = self.vendors(period, scope)["approved_work"] or ZERO
        contract = self.contract_balances(period, scope)
        found: Figures = {
            "revenue": revenue,
            "vendor_cost": cost,
            "margin": revenue - cost,
            "margin_percent": ratio((revenue - cost) * 100, revenue),
        }
        if scope != FOREIGN_PROGRAM:
            found["billed"] = self._sum(self.history.billed, period, scope)
            found["collected"] = self._collected(period, scope)
        return found | {name: contract[name] for name in ("deferred_revenue", "unbilled_receivable")}

    def _collected(self, period: Period, scope: str) -> Decimal:
        return sum(
            (
                one.amount
                for one in self.receivables.applications
                if one.receipt_id
                and Period.of(self.receivables.effective(one)) == period
                and self.receivables.invoices[one.invoice_id].program_id == scope
            ),
            ZERO,
        )
