"""The rows of the cash procedures: what the processor did, what documents say came in, what the bank says, and how they match.

Every amount stands in its own currency and, as `functional`, at the rate of its own date. Documents are receipts that no
payout holds and payouts that were not cancelled; a receipt in a payout reaches the bank with it.
"""

from __future__ import annotations

from datetime import date

from close_library.accounting.cash.matching import Matching, match
from close_library.accounting.cash.matching_exact import SameReferenceAndAmount
from close_library.accounting.cash.matching_rules import (
    Rule,
    SameAmountWithinDays,
    SameReferenceWithinTolerance,
    Tolerance,
)
from close_library.accounting.cash.matching_sums import ManyOfSameReference, SumOfSameReference, SumWithinDays
from close_library.accounting.currency import SPOT_RATES, at_spot, functional, require_rates
from close_library.accounting.sql import day, memoised, text
from close_library.evidence import Scope
from close_library.money import minor_unit

OWN_ROW = "(lower(transaction_type) = 'payout' OR coalesce(source_id = payout_id, false))"
"""A payout's own row among the processor's: it takes out what the other rows brought in, so no sum counts it."""

NOT_SENT = ("canceled", "cancelled", "failed")
"""Payouts of these statuses did not reach the bank, and explain no money in it."""

_ADDRESS = ("source_table", "source_file", "source_row", "document_id")


def processor_rows(scope: Scope) -> str:
    """The processor's rows with `gross_functional`, `fee_functional`, `net_functional`, `differs` and `own_row`."""
    gross, fee, net, differs = (
        functional(amount, "p.currency", "s.rate", scope.currency)
        for amount in ("p.gross", "p.fee", "p.net", "(p.gross - p.fee - p.net)")
    )
    return memoised(
        scope.books,
        "processor_rows",
        f"""
        SELECT p.*, {OWN_ROW} AS own_row, {gross} AS gross_functional, {fee} AS fee_functional,
               CASE WHEN p.gross - p.fee = p.net THEN {gross} - {fee} ELSE {net} END AS net_functional, {differs} AS differs
        FROM processor_transactions p {at_spot("p.currency", "p.created")}
        """,
    )


def receipt_rows(scope: Scope) -> str:
    """Receipts with `functional` and `in_payout`: a payout is named, or a row of the processor names the receipt.

    A charge that waits for its payout is cash in transit, and stands with the processor.
    """
    value = functional("c.amount", "c.currency", "s.rate", scope.currency)
    return memoised(
        scope.books,
        "receipt_rows",
        f"""
        WITH charges AS (
            SELECT transaction_id AS charge FROM processor_transactions WHERE NOT {OWN_ROW}
            UNION SELECT source_id FROM processor_transactions WHERE NOT {OWN_ROW} AND source_id IS NOT NULL
        )
        SELECT c.*, {value} AS functional,
               payout_id IS NOT NULL OR coalesce(reference IN (SELECT charge FROM charges), false) AS in_payout
        FROM cash_receipts c {at_spot("c.currency", "c.receipt_date")}
        """,
    )


def payout_rows(scope: Scope) -> str:
    """Payouts with `functional`, `paid`, the sums of the rows that name them, and by how much they differ.

    Columns beside the table's: transactions, gross, fees, net (in the payout's currency; rows of another currency are
    converted at the payout's date), `itemised` (automatic, and some row names it), difference = amount − net, and
    `difference_functional`. A payout whose `is_automatic` is empty is automatic when rows name it: a manual one has none.
    """
    value = functional("p.amount", "p.currency", "s.rate", scope.currency)
    worth = functional("t.{0}", "t.currency", "s.rate", scope.currency)
    net_there = f"sum({worth.format('net')})"
    difference = functional("(p.amount - coalesce(x.net, 0))", "p.currency", "s.rate", scope.currency)
    return memoised(
        scope.books,
        "payout_rows",
        f"""
        WITH named AS (
            SELECT p.source_file AS f, p.source_row AS r, count(*) AS transactions,
                   bool_and(t.currency = p.currency) AS same_currency,
                   sum(t.gross) AS gross, sum(t.fee) AS fees, sum(t.net) AS net, {net_there} AS net_at_payout
            FROM payouts p JOIN (SELECT * FROM processor_transactions WHERE NOT {OWN_ROW}) t USING (payout_id)
            {at_spot("t.currency", "p.arrival_date")}
            GROUP BY ALL
        )
        SELECT p.*, {value} AS functional, lower(p.status) = 'paid' AS paid, coalesce(x.transactions, 0) AS transactions,
               x.gross, x.fees, x.net, x.same_currency,
               p.is_automatic IS DISTINCT FROM false AND x.transactions IS NOT NULL AS itemised,
               CASE WHEN x.same_currency THEN p.amount - x.net ELSE {value} - x.net_at_payout END AS difference,
               CASE WHEN x.same_currency THEN {difference} ELSE {value} - x.net_at_payout END AS difference_functional
        FROM payouts p LEFT JOIN named x ON x.f = p.source_file AND x.r = p.source_row
        {at_spot("p.currency", "p.arrival_date")}
        """,
    )


def held_by_payouts(scope: Scope) -> str:
    """The rows that itemised payouts of the period hold, `worth` at the date of their payout, as the payout itself is."""
    places = minor_unit(scope.currency)
    return f"""
        SELECT t.*, CASE WHEN t.currency = {text(scope.currency)} THEN t.net
                         ELSE convert_money(sum(t.net) OVER through, s.rate, {places})
                              - convert_money(sum(t.net) OVER through - t.net, s.rate, {places}) END AS worth
        FROM {processor_rows(scope)} t JOIN (
            SELECT payout_id, arrival_date, source_file AS f, source_row AS r FROM {payout_rows(scope)}
            WHERE itemised AND {within("arrival_date", scope.period.first_day, scope.closing_date)}) p USING (payout_id)
        {at_spot("t.currency", "p.arrival_date")}
        WHERE NOT own_row
        WINDOW through AS (PARTITION BY p.f, p.r, t.currency ORDER BY transaction_id, source_file, source_row
                           ROWS UNBOUNDED PRECEDING)
    """


def bank_rows(scope: Scope) -> str:
    """Lines of the bank statement with `functional`."""
    value = functional("b.amount", "b.currency", "s.rate", scope.currency)
    return memoised(
        scope.books,
        "bank_rows",
        f"""SELECT b.*, {value} AS functional FROM bank_transactions b
            {at_spot("b.currency", "b.value_date")}""",
    )


def cash_rules(scope: Scope) -> tuple[Rule, ...]:
    """The standard rules, each reference rule first by the bank's own reference and then by the payer's."""
    residual, days = Tolerance(scope.parameters.tolerances.match), scope.parameters.match.days
    keys = ("bank_reference", "payer_reference")
    return (
        *(SameReferenceAndAmount(left=key) for key in keys),
        *(SameReferenceWithinTolerance(residual, left=key) for key in keys),
        SameAmountWithinDays(days),
        *(SumOfSameReference(residual, left=key) for key in keys),
        SumWithinDays(days),
        *(ManyOfSameReference(tolerance=residual, left=key) for key in keys),
    )


def match_cash(scope: Scope, as_of: date) -> Matching:
    """Match what documents say came in (left) with the lines of the bank (right), both dated to a day."""
    documents = f"""
        SELECT 'receipt ' || receipt_id AS id, receipt_id AS document_id, {_key("bank_reference")} AS bank_reference,
               {_key("reference")} AS payer_reference, amount, receipt_date AS date, currency, 'cash_receipts' AS source_table,
               source_file, source_row
        FROM {receipt_rows(scope)} WHERE NOT in_payout AND amount <> 0
        UNION ALL
        SELECT 'payout ' || payout_id, payout_id, {_key("bank_reference")}, NULL, amount, arrival_date, currency, 'payouts',
               source_file, source_row
        FROM {payout_rows(scope)} WHERE amount <> 0 AND lower(status) NOT IN {NOT_SENT}
    """
    lines = f"""
        SELECT 'bank ' || bank_transaction_id AS id, bank_transaction_id AS document_id, {_key("reference")} AS reference, amount,
               value_date AS date, currency, 'bank_transactions' AS source_table, source_file, source_row
        FROM {bank_rows(scope)} WHERE amount <> 0
    """
    return match(documents, lines, cash_rules(scope), books=scope.books, as_of=as_of, keep=_ADDRESS)


def placed(scope: Scope, matching: Matching) -> str:
    """Every matched row with its address, `functional` and `surplus`, in a table.

    `surplus`: an open row that nothing explains. Of equals that can't be told apart, as many are explained as the other side
    has; the later ones by date and id are surplus.
    """
    values = " UNION ALL ".join(
        f"SELECT '{table}' AS source_table, source_file, source_row, functional FROM {rows}"
        for table, rows in (
            ("cash_receipts", receipt_rows(scope)), ("payouts", payout_rows(scope)), ("bank_transactions", bank_rows(scope))
        )
    )  # fmt: skip
    return memoised(
        scope.books,
        "placed",
        f"""
        WITH given AS (
            SELECT m.* EXCLUDE (source_row), CAST(source_row AS BIGINT) AS source_row FROM {matching.rows} m
        ),
        equals AS (
            SELECT rule, m, count(*) FILTER (side = 'left') AS lefts, count(*) FILTER (side = 'right') AS rights,
                   count(DISTINCT amount) = 1 AS alike
            FROM given WHERE status = 'ambiguous' GROUP BY rule, m
        ),
        ranked AS (
            SELECT *, row_number() OVER (
                PARTITION BY status, rule, m, side ORDER BY date, document_id, source_file, source_row) AS place
            FROM given
        )
        SELECT r.*, v.functional,
               status = 'unmatched' OR status = 'ambiguous'
                   AND (NOT alike OR place > CASE side WHEN 'left' THEN rights ELSE lefts END) AS surplus
        FROM ranked r LEFT JOIN equals e ON e.rule = r.rule AND e.m = r.m AND r.status = 'ambiguous'
        LEFT JOIN ({values}) v USING (source_table, source_file, source_row)
        """,
    )


def require_cash_rates(scope: Scope, rows: str) -> None:
    """Refuse to go on where a foreign amount of the period, an open one, or the foreign bank balance at T has no rate."""
    at, since = day(scope.closing_date), day(scope.period.first_day)

    def dated(table: str, column: str, value: str) -> str:
        return f"SELECT currency, {column} AS rate_date FROM {table} WHERE {value} IS NULL AND {column} BETWEEN {since} AND {at}"

    require_rates(
        scope,
        f"""
        {dated(processor_rows(scope), "created", "gross_functional + fee_functional + net_functional + differs")}
        UNION ALL {dated(receipt_rows(scope), "receipt_date", "functional")}
        UNION ALL {dated(payout_rows(scope), "arrival_date", "functional")}
        UNION ALL {dated(bank_rows(scope), "value_date", "functional")}
        UNION ALL SELECT currency, date FROM {rows} WHERE status <> 'matched' AND functional IS NULL
        UNION ALL SELECT b.currency, {at} FROM bank_transactions b WHERE b.currency <> '{scope.currency}' AND value_date <= {at}
          AND b.amount <> 0 AND b.currency NOT IN (SELECT currency FROM ({SPOT_RATES}) WHERE rate_date = {at})
        """,
    )


def is_paid(scope: Scope, row: str = "r") -> str:
    """The condition that a matched row is a payout that was paid."""
    paid = f"SELECT 1 FROM {payout_rows(scope)} p WHERE p.paid AND (p.source_file, p.source_row)"
    return f"({row}.source_table = 'payouts' AND EXISTS ({paid} = ({row}.source_file, {row}.source_row)))"


def within(column: str, first: date, last: date) -> str:
    """The condition that a date lies in an interval, both days included."""
    return f"{column} BETWEEN {day(first)} AND {day(last)}"


def _key(column: str) -> str:
    """A reference as it is compared: without blanks around it, and in capitals."""
    return f"nullif(upper(trim({column})), '')"
