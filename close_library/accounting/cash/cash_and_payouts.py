"""Cash and payouts (workpaper 21): processor rows → payouts → bank → receipts → ledger.

ACCOUNTING.md §2 (matching) and §7. Flows (`processor_…`, `payouts`, `bank_in`, `receipts`, `matched`) are of the period at the
rates of their own dates; what is unmatched, and the ledger's balance, stand at T. A payout's own row among the processor's rows
is in no sum.
"""

from __future__ import annotations

from decimal import Decimal

from close_library.accounting.cash.cash_items import CLOSING, closing_cash_items, opening_cash_items
from close_library.accounting.cash.cash_rows import (
    bank_rows,
    held_by_payouts,
    is_paid,
    match_cash,
    payout_rows,
    placed,
    processor_rows,
    receipt_rows,
    require_cash_rates,
    within,
)
from close_library.accounting.cash.matching import Matching
from close_library.accounting.cash.reconcile_bank import bank_adjusted, bank_reconciliation, receipts_against_ledger
from close_library.accounting.cash.review_cash import cash_findings
from close_library.accounting.ledger import LINE_SHOWN, ledger_balance, ledger_lines
from close_library.accounting.sql import population, shown, text
from close_library.evidence import Computed, Figure, Part, Population, Result, Scope, Table


def cash_and_payouts(scope: Scope) -> Result:
    """Workpaper 21: the way of the money, step by step, and what stays open at T.

    Figures, in functional currency: `processor_gross`, `processor_fees`, `processor_net`, `payouts`, `payouts_itemised`,
    `payout_transactions`, `bank_in`, `matched`, `bank_open`, `receipts` and its three parts of the period;
    `unmatched_bank`, `unmatched_receipts`, `unmatched_payouts`, `bank_adjusted`, `cash_general_ledger` at T;
    `receipts_general_ledger`, the period's ledger lines that name a receipt; `opening_items` at the prior T, and
    `opening_items_signed` where 21 was signed. Tables: processor rows by type, payouts, matches by rule, open items with their
    reasons, the bank reconciliation, receipts that the ledger shows otherwise, the opening items and what became of them.
    Raises BooksError where an exchange rate is missing and ParameterError where no account plays the role cash.

    Example, in a notebook: `cash_and_payouts(scope).unmatched_bank.amount`
    """
    matching = match_cash(scope, scope.closing_date)
    rows = placed(scope, matching)
    sides = {"left": "documents", "right": "bank"}
    matched = matching.summary().rename(
        columns=lambda name: " ".join(sides.get(word, word) for word in name.split("_"))
    )
    require_cash_rates(scope, rows)
    figures = {
        f.id: f
        for f in (*_processor(scope), *_flows(scope, rows), *_open(scope, rows), *_ledger(scope, matching, rows))
    }
    opened, opening = opening_cash_items(scope, "21.7", matching, rows)
    return Result(
        tables={
            "21.1": _types(scope),
            "21.2": _payout_table(scope, rows),
            "21.3": Table("Documents matched with the bank to T, by rule, each in its own currency", matched),
            **closing_cash_items(scope, CLOSING, matching, rows),
            "21.5": bank_reconciliation(scope, matching, rows, figures),
            "21.6": receipts_against_ledger(scope),
            **opened,
        },
        figures=figures | opening,
        findings=tuple(cash_findings(scope, matching, rows)),
    )


def gross_less_fees(cash: Result) -> Decimal:
    """The processor's gross less its fees: what must be its net."""
    return Computed.of([(1, cash.processor_gross), (-1, cash.processor_fees)])


def receipts_placed(cash: Result) -> tuple[Decimal, Decimal]:
    """The period's receipts that are in a payout, in the bank or open; and all receipts of the period."""
    parts = (cash.receipts_in_payouts, cash.receipts_in_bank, cash.receipts_open)
    return Computed.of((1, part) for part in parts), Computed.of([(1, cash.receipts)])


def money_in_placed(cash: Result) -> Decimal:
    """The period's money in that receipts and payouts explain, and the rest of it: what must be all money in."""
    return Computed.of([(1, cash.matched), (1, cash.bank_open)])


def _figure(scope: Scope, id: str, label: str, query: str) -> Figure:
    return Figure.of(id, label, scope.currency, Population(scope.books, query))


def _period(scope: Scope, column: str) -> str:
    return within(column, scope.period.first_day, scope.closing_date)


def _processor(scope: Scope) -> list[Figure]:
    seen = shown(
        transaction="transaction_id", type="transaction_type", created="created", payout="payout_id", currency="currency",
        gross="gross::money", fee="fee::money", net="net::money", invoice="invoice_number",
    )  # fmt: skip
    where = f"FROM {processor_rows(scope)} WHERE NOT own_row AND {_period(scope, 'created')}"
    return [
        _figure(scope, id, label, f"{_population('processor_transactions', column, seen)} {where}")
        for id, label, column in (
            ("processor_gross", "Processor rows of the period, gross (payouts left out)", "gross_functional"),
            ("processor_fees", "Processor's fees of the period", "fee_functional"),
            ("processor_net", "Processor rows of the period, net", "net_functional"),
        )
    ]


def _flows(scope: Scope, rows: str) -> list[Figure]:
    payout = shown(
        payout="payout_id", arrival="arrival_date", status="status", currency="currency", amount="amount::money"
    )
    arrived = f"{_population('payouts', 'functional', payout)} FROM {payout_rows(scope)} WHERE {_period(scope, 'arrival_date')}"
    named = shown(
        transaction="transaction_id", type="transaction_type", payout="payout_id", currency="currency", net="net::money"
    )  # fmt: skip
    held = f"{_population('processor_transactions', 'worth', named)} FROM ({held_by_payouts(scope)})"
    receipt = shown(
        receipt="receipt_id", customer="customer_id", date="receipt_date", currency="currency", amount="amount::money",
        reference="reference", payout="payout_id",
    )  # fmt: skip
    received = f"{_population('cash_receipts', 'functional', receipt)} FROM {receipt_rows(scope)}"
    received += f" WHERE {_period(scope, 'receipt_date')}"
    line = shown(
        line="bank_transaction_id", account="bank_account", date="value_date", currency="currency", amount="amount::money",
        reference="reference", description="description",
    )  # fmt: skip
    money_in = f"{_population('bank_transactions', 'functional', line)} FROM {bank_rows(scope)}"
    money_in += f" WHERE amount > 0 AND {_period(scope, 'value_date')}"
    here = _placed_population(f"{rows} WHERE {_period(scope, 'date')} AND")
    direct, incoming = "source_table = 'cash_receipts'", "side = 'right' AND amount > 0"
    queries = {
        "payouts": ("Payouts paid that arrive in the period", f"{arrived} AND paid"),
        "payouts_itemised": ("Automatic payouts of the period that transactions name", f"{arrived} AND itemised"),
        "payout_transactions": ("Net of the transactions that these payouts hold", held),
        "bank_in": ("Money into the bank in the period", money_in),
        "matched": (
            "Money into the bank in the period that receipts and payouts explain",
            f"{here} {incoming} AND {_MATCHED}",
        ),
        "bank_open": (
            "Money into the bank in the period that nothing explains",
            f"{here} {incoming} AND NOT {_MATCHED}",
        ),
        "receipts": ("Receipts of the period", received),
        "receipts_in_payouts": (
            "Receipts of the period in a payout or with the processor",
            f"{received} AND in_payout",
        ),
        "receipts_in_bank": ("Receipts of the period in the bank", f"{here} {direct} AND {_MATCHED}"),
        "receipts_open": (
            "Receipts of the period neither in the bank nor in a payout",
            f"{here} {direct} AND NOT {_MATCHED}",
        ),
    }
    return [_figure(scope, id, label, query) for id, (label, query) in queries.items()]


_MATCHED = "(status = 'matched')"


def _open(scope: Scope, rows: str) -> list[Figure]:
    at = f"at {scope.closing_date}"
    left_open = _placed_population(f"{rows} r WHERE status <> 'matched' AND")
    return [
        _figure(scope, "unmatched_bank", f"Money in the bank that no receipt or payout explains, {at}",
                f"{left_open} side = 'right' AND amount > 0"),
        _figure(scope, "unmatched_receipts", f"Receipts neither in the bank nor in a payout, {at}",
                f"{left_open} source_table = 'cash_receipts'"),
        _figure(scope, "unmatched_payouts", f"Payouts paid and not in the bank, {at}",
                f"{left_open} {is_paid(scope)}"),
    ]  # fmt: skip


def _ledger(scope: Scope, matching: Matching, rows: str) -> list[Figure]:
    accounts = scope.parameters.accounts.of("cash")
    held = (*accounts, *scope.parameters.accounts.processor_clearing)
    naming = f"""
        {population("'gl_entries'", "source_file", "source_row", "amount", LINE_SHOWN)}
        FROM ({ledger_lines(held)}) WHERE {_period(scope, "effective_date")}
          AND document_number IN (SELECT receipt_id FROM cash_receipts)
    """
    return [
        _figure(scope, "receipts_general_ledger", "Cash and clearing lines of the period that name a receipt", naming),
        bank_adjusted(scope, matching, rows),
        ledger_balance(
            scope, "cash", "cash_general_ledger", f"Cash in the general ledger, balance at {scope.closing_date}"
        ),
    ]


_NET = {"net": "[gross] - [fees]"}


def _types(scope: Scope) -> Table:
    frame = scope.books.frame(
        f"""
        SELECT transaction_type AS type, count(*) AS rows, sum(gross_functional) AS gross, sum(fee_functional) AS fees,
               sum(net_functional) AS net
        FROM {processor_rows(scope)} WHERE NOT own_row AND {_period(scope, "created")}
        GROUP BY ALL ORDER BY type
        """
    )
    parts = (
        Part("rows", ("processor_gross",), {"type": "type"}, counts=True),
        Part("gross", ("processor_gross",), {"type": "type"}),
        Part("fees", ("processor_fees",), {"type": "type"}),
    )
    return Table("What the processor did in the period, by type", frame, parts=parts, relations=_NET)


def _payout_table(scope: Scope, rows: str) -> Table:
    frame = scope.books.frame(
        f"""
        WITH bank AS (
            SELECT d.source_file AS f, d.source_row AS r, min(b.document_id) AS bank_line, min(b.date) AS in_bank
            FROM {rows} d JOIN {rows} b ON b.rule = d.rule AND b.m = d.m AND b.side = 'right' AND b.status = 'matched'
            WHERE d.source_table = 'payouts' AND d.status = 'matched' GROUP BY ALL
        ),
        received AS (SELECT payout_id, sum(amount) AS receipts FROM cash_receipts WHERE payout_id IS NOT NULL GROUP BY ALL)
        SELECT payout_id AS payout, arrival_date AS arrival, status, currency, amount, transactions, gross, fees, net,
               CASE WHEN itemised THEN difference END AS difference, receipts, bank_line, in_bank
        FROM {payout_rows(scope)} p LEFT JOIN bank ON f = p.source_file AND r = p.source_row LEFT JOIN received USING (payout_id)
        WHERE {_period(scope, "arrival_date")} ORDER BY arrival_date, payout_id, p.source_file, p.source_row
        """
    )
    by = {"payout": "payout"}
    parts = (
        Part("amount", ("payouts",), by),
        Part("transactions", ("payout_transactions",), by, counts=True),
        Part("gross", ("processor_gross",), by),
        Part("fees", ("processor_fees",), by),
        Part("receipts", ("receipts_in_payouts",), by),
    )
    relations = _NET | {"difference": "[amount] - [net]"}
    return Table("Payouts of the period, each in its own currency", frame, parts=parts, relations=relations)


def _population(table: str, amount: str, seen: str) -> str:
    return population(text(table), "source_file", "source_row", amount, seen)


def _placed_population(condition: str) -> str:
    seen = shown(
        document="document_id", date="date", currency="currency", amount="amount::money", status="status",
        reference="coalesce(reference, bank_reference, payer_reference)",
    )  # fmt: skip
    return f"{population('source_table', 'source_file', 'source_row', 'functional', seen)} FROM {condition}"
