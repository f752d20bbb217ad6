"""The company's months: what was delivered is priced, recognised, billed, and written while it is at hand."""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from decimal import Decimal

from close_library.money import ZERO
from close_library.period import Period
from close_library.sample.billing import Recognised, invoices_of, number
from close_library.sample.delivery import cost_of, deliveries_of
from close_library.sample.events import Delivery, Invoice
from close_library.sample.history import History
from close_library.sample.planting import Plants
from close_library.sample.pricing import cost_to_cost_to_date, ratable_to_date, values
from close_library.sample.programs import CONTRACT_OF, LINES, Line
from close_library.sample.writer import Writer

Row = tuple[Delivery, date, Decimal]


class Operations:
    """Runs the months in order; holds only the deliveries that the next months still have to accept."""

    def __init__(self, history: History, plants: Plants, writer: Writer) -> None:
        self.history, self.plants, self.writer = history, plants, writer
        self._accepted: dict[tuple[str, Period], list[Delivery]] = defaultdict(list)

    def month(self, period: Period) -> None:
        """Deliver, recognise and bill one month."""
        recognised: Recognised = {}
        for line in LINES:
            rows = deliveries_of(self.history, line, period)
            self.plants.call("deliveries", line.line_id, period, rows)
            for row in rows:
                self.writer.delivery(row)
                if row.status == "accepted" and row.accepted_date is not None:
                    self._accepted[line.line_id, Period.of(row.accepted_date)].append(row)
            recognised[line.line_id] = self._recognise(line, period, rows)
        self._bill(period, recognised)

    def _recognise(self, line: Line, period: Period, rows: list[Delivery]) -> list[Row]:
        history, contract, key = self.history, CONTRACT_OF[line.contract_id], (line.line_id, period)
        accepted = self._accepted.pop(key, [])
        if line.monthly or line.model == "milestone":
            delivered = [row for row in rows if row.status != "rejected"]
            history.delivered_value[key] = sum((v for _, _, v in self._price(line, delivered, "delivered")), ZERO)
            on_acceptance = self._price(line, accepted, "accepted")
            history.accepted_value[key] = sum((v for _, _, v in on_acceptance), ZERO)
            earned = on_acceptance if line.recognition == "on_acceptance" else self._price(line, delivered, "delivered")
            history.recognised[key] = sum((value for _, _, value in earned), ZERO)
            history.revenue[key] = sum(
                (history.functional(value, contract.currency, day) for _, day, value in earned), ZERO
            )
            return earned
        history.cost_to_date[key] = history.cost_to_date[line.line_id, period.prior] + cost_of(rows)
        earned_now = self._to_date(line, period) - self._to_date(line, period.prior)
        history.recognised[key] = history.revenue[key] = earned_now
        return []

    def _price(self, line: Line, rows: list[Delivery], by: str) -> list[Row]:
        day_of = "accepted_date" if by == "accepted" else "delivery_date"
        if line.model == "milestone":
            return [(row, getattr(row, day_of), line.amount or ZERO) for row in rows]
        dated = [(getattr(row, day_of), row.delivery_id, getattr(row, f"quantity_{by}")) for row in rows]
        worth = values(line, CONTRACT_OF[line.contract_id].currency, dated)
        by_id = {row.delivery_id: row for row in rows}
        return [(by_id[delivery_id], day, worth[delivery_id]) for day, delivery_id, _ in sorted(dated)]

    def _to_date(self, line: Line, period: Period) -> Decimal:
        if line.recognition == "cost_to_cost":
            return cost_to_cost_to_date(line, self.history.cost_to_date[line.line_id, period], period.last_day)
        return ratable_to_date(line, period.last_day)

    def _bill(self, period: Period, recognised: Recognised) -> None:
        invoices = invoices_of(period, recognised)
        for invoice in tuple(invoices):
            self.plants.call("invoice", invoice.contract_id, period, invoice, invoices)
        self.plants.call("billing", "", period, self.history, invoices)
        number(self.history, invoices)
        for invoice in sorted(invoices, key=lambda one: one.invoice_id):
            self._keep(invoice, period)

    def _keep(self, invoice: Invoice, period: Period) -> None:
        """Write an invoice's lines and let them go; their sums stay."""
        assert Period.of(invoice.invoice_date) == period, "a document is numbered in its own month"
        for count, line in enumerate(invoice.lines, start=1):
            self.writer.invoice_line(invoice, count, line)
            if invoice.status == "posted" and line.contract_line_id:
                self.history.billed[line.contract_line_id, period] += line.amount
        invoice.lines = []
