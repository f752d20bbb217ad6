"""Revenue, billings and positions of contracts at a date: what the contract workpapers share.

ACCOUNTING.md §3. Revenue of a period = to date at T − to date at the prior T, as signed where it was signed. The position of a
contract is its revenue to date less what was billed to date over its lines, in its currency; the balance is the position at
T's rate: a contract asset (unbilled receivable) where positive, a contract liability (deferred revenue) where negative.
"""

from __future__ import annotations

from datetime import date

from close_library.accounting.currency import at_spot, functional, require_rates
from close_library.accounting.revenue.pricing import LINES
from close_library.accounting.revenue.signed import signed_line_revenue, signed_programs
from close_library.accounting.schedules import priced_deliveries, recognised
from close_library.accounting.sql import FILE_ORDER, day, known_by, memoised, owned, population, shown, texts, viewed
from close_library.evidence import Population, Scope


def contract_lines(scope: Scope) -> str:
    """One row a contract line of the scope (`pricing.LINES`)."""
    return memoised(scope.books, "lines", f"SELECT * FROM ({LINES}) WHERE {owned(scope)}")


def revenue_rows(scope: Scope) -> str:
    """Every row of revenue to T: deliveries of usage and staffing, months of the other lines, catch-ups of signed periods.

    Columns: contract_line_id, contract_id, owner, currency, recognised_date, amount (contract's currency), functional,
    catch_up, address, seen. The rows without catch-ups add up to the revenue to date; a catch-up row stands in the open period
    and adds to it what signed periods lack. There are as many rows as deliveries, so they are read and not held.
    """
    rows = _earned_rows(scope)
    catch_ups = _catch_ups(scope)
    return rows if catch_ups is None else f"(SELECT * FROM {rows} UNION ALL SELECT * FROM {catch_ups})"


def _earned_rows(scope: Scope) -> str:
    """The rows of revenue to T without catch-ups."""
    delivered_seen = shown(delivery="delivery_id", line="contract_line_id", date="priced_date", quantity="quantity",
                           value="value::money", currency="currency", program="owner")  # fmt: skip
    month_seen = shown(line="contract_line_id", date="recognised_date", value="amount::money", currency="currency",
                       program="owner")  # fmt: skip
    at = day(scope.closing_date)
    return viewed(
        scope.books,
        "revenue",
        f"""
        SELECT contract_line_id, contract_id, owner, currency, priced_date AS recognised_date,
               CAST(value AS DECIMAL(22,4)) AS amount, functional, false AS catch_up, 'deliveries' AS source_table,
               source_file, source_row, {delivered_seen} AS seen
        FROM {priced_deliveries(scope)} WHERE recognises AND priced_date <= {at} AND {owned(scope)}
        UNION ALL
        SELECT contract_line_id, contract_id, owner, currency, recognised_date, amount, functional, false,
               'contract_lines', source_file, source_row, {month_seen}
        FROM {recognised(scope)} WHERE recognised_date <= {at} AND {owned(scope)}
        """,
    )


def revenue_sums(scope: Scope) -> str:
    """Revenue to T by contract line and month: what adds up `revenue_rows` reads these, a thousandth as many.

    Columns: contract_line_id, contract_id, owner, currency, recognised_date (the last day of the month, and T for a catch-up),
    catch_up, rows (how many), amount, functional, missing (how many have no rate). Whether a month belongs to a period, or lies
    before T, is what it is of each of its rows.
    """
    sums = _earned_sums(scope)
    catch_ups = _catch_ups(scope)
    if catch_ups is None:
        return sums
    columns = (
        "contract_line_id, contract_id, owner, currency, recognised_date, catch_up, 1 AS rows, amount, functional, 0"
    )
    return f"(SELECT * FROM {sums} UNION ALL SELECT {columns} FROM {catch_ups})"


def _earned_sums(scope: Scope) -> str:
    return memoised(
        scope.books,
        "revenue_sums",
        f"""
        SELECT contract_line_id, contract_id, owner, currency, CAST(last_day(recognised_date) AS DATE) AS recognised_date,
               false AS catch_up, count(*) AS rows, CAST(sum(amount) AS DECIMAL(38,4)) AS amount,
               CAST(coalesce(sum(functional), 0) AS DECIMAL(38,4)) AS functional,
               count(*) FILTER (functional IS NULL) AS missing
        FROM {_earned_rows(scope)} GROUP BY ALL
        """,
    )


def _catch_ups(scope: Scope) -> str | None:
    """The contract lines whose revenue to the prior T is not what was signed, as rows of revenue; None: nothing is signed.

    A line that a signed program did not have yet was signed at nothing: what it earned by then is all catch-up.
    """
    programs = signed_programs(scope)
    if not programs:
        return None
    signed = (
        signed_line_revenue(scope) or "SELECT NULL::VARCHAR AS contract_line_id, 0::DECIMAL(38,4) AS amount WHERE false"
    )
    seen = shown(line="l.contract_line_id", signed="coalesce(s.amount, 0)::money", computed="coalesce(c.functional, 0)::money",
                 program="l.owner")  # fmt: skip
    return memoised(
        scope.books,
        "catch_ups",
        f"""
        WITH computed AS (
            SELECT contract_line_id, sum(functional) AS functional FROM {_earned_sums(scope)}
            WHERE recognised_date <= {day(scope.opening_date)} GROUP BY 1
        )
        SELECT l.contract_line_id, l.contract_id, l.owner, l.currency, {day(scope.closing_date)} AS recognised_date,
               CAST(0 AS DECIMAL(22,4)) AS amount,
               CAST(coalesce(c.functional, 0) - coalesce(s.amount, 0) AS DECIMAL(38,4)) AS functional, true AS catch_up,
               'contract_lines' AS source_table, l.source_file, l.source_row, {seen} AS seen
        FROM {contract_lines(scope)} l LEFT JOIN ({signed}) s USING (contract_line_id)
        LEFT JOIN computed c USING (contract_line_id)
        WHERE l.owner IN {texts(programs)} AND coalesce(c.functional, 0) <> coalesce(s.amount, 0)
        """,
    )


def require_catch_up_rates(scope: Scope) -> None:
    """Refuse to tell what signed periods lack while a row of theirs has no exchange rate. Raises BooksError."""
    if programs := signed_programs(scope):
        before = f"recognised_date <= {day(scope.opening_date)} AND owner IN {texts(programs)}"
        asked = f"SELECT coalesce(sum(missing), 0) AS n FROM {_earned_sums(scope)} WHERE {before}"
        if not scope.books.rows(asked)[0]["n"]:
            return
        require_rates(
            scope,
            f"""
            SELECT currency, recognised_date AS rate_date FROM {_earned_rows(scope)} WHERE functional IS NULL AND {before}
            """,
        )


def revenue_population(scope: Scope, condition: str) -> Population:
    """The rows of revenue that meet a condition, which says of a month's rows what it says of the month (`revenue_sums`)."""
    query = f"""
        {population("source_table", "source_file", "source_row", "functional", "seen")}
        FROM {revenue_rows(scope)} WHERE {condition}
    """
    return Population(scope.books, query, known=known_by(scope, revenue_sums(scope), condition))


def of_period(scope: Scope, column: str = "recognised_date") -> str:
    """The condition that a date lies in the period."""
    return f"{column} BETWEEN {day(scope.period.first_day)} AND {day(scope.closing_date)}"


def billing_rows(scope: Scope) -> str:
    """Every line of a posted document: contract_line_id, contract_id (NULL: no known line), owner, currency, invoice_date,
    amount, functional (at the invoice's rate), invoice_number, address. A line belongs to its contract's program, else to
    its invoice's."""
    value = functional("l.amount", "i.currency", "s.rate", scope.currency)
    held = memoised(
        scope.books,
        "billings",
        f"""
        WITH posted AS (
            SELECT * FROM (SELECT * FROM invoices
                           QUALIFY row_number() OVER (PARTITION BY invoice_id ORDER BY {FILE_ORDER}) = 1)
            WHERE status = 'posted'
        ),
        lines AS (
            SELECT l.*, c.contract_id, CASE WHEN c.contract_line_id IS NULL THEN l.owner_program_id ELSE c.owner END AS owner,
                   i.currency, i.invoice_date, i.invoice_number, {value} AS functional
            FROM invoice_lines l JOIN posted i USING (invoice_id)
            LEFT JOIN ({LINES}) c ON c.contract_line_id = l.contract_line_id
            {at_spot("i.currency", "i.invoice_date")}
        )
        SELECT contract_line_id, contract_id, owner, currency, invoice_date, amount, functional, invoice_number, line_number,
               source_file, source_row
        FROM lines WHERE {owned(scope)}
        """,
    )
    seen = shown(invoice="invoice_number", line="line_number", contract_line="contract_line_id", date="invoice_date",
                 amount="amount::money", currency="currency", program="owner")  # fmt: skip
    return viewed(scope.books, "billings_shown", f"SELECT * EXCLUDE (line_number), {seen} AS seen FROM {held}")


def positions(scope: Scope, as_of: date) -> str:
    """The position of each contract of the scope at the end of a month, net over its lines (ASC 606-10-45-1).

    Columns: contract_id, owner, currency, revenue_to_date, billed_to_date, position (contract's currency), rate, catch_up,
    balance (position at the date's rate; NULL: missing), asset, liability (both positive, functional currency), address.
    The opening balance is what was signed: without the `catch_up` (functional currency) that the open period books.
    """
    at = day(as_of)
    converted = functional("position", "p.currency", "s.rate", scope.currency)
    caught_up = "catch_up" if as_of == scope.opening_date else "false"
    return memoised(
        scope.books,
        "positions",
        f"""
        WITH earned AS (
            SELECT contract_id, sum(amount) FILTER (NOT catch_up AND recognised_date <= {at}) AS revenue,
                   sum(functional) FILTER ({caught_up}) AS catch_up
            FROM {revenue_sums(scope)} GROUP BY 1
        ),
        billed AS (
            SELECT contract_id, sum(amount) AS billed FROM {billing_rows(scope)}
            WHERE contract_id IS NOT NULL AND invoice_date <= {at} GROUP BY 1
        ),
        p AS (
            SELECT c.contract_id, c.owner_program_id AS owner, c.currency, c.source_file, c.source_row,
                   CAST(coalesce(revenue, 0) AS DECIMAL(22,4)) AS revenue_to_date,
                   CAST(coalesce(billed, 0) AS DECIMAL(22,4)) AS billed_to_date,
                   CAST(coalesce(revenue, 0) - coalesce(billed, 0) AS DECIMAL(22,4)) AS position,
                   CAST(coalesce(catch_up, 0) AS DECIMAL(38,4)) AS catch_up
            FROM (SELECT * FROM contracts
                  QUALIFY row_number() OVER (PARTITION BY contract_id ORDER BY {FILE_ORDER}) = 1) c
            LEFT JOIN earned USING (contract_id) LEFT JOIN billed USING (contract_id)
            WHERE {owned(scope, "c.owner_program_id")}
        ),
        at_rate AS (
            SELECT p.*, s.rate, {converted} - catch_up AS balance
            FROM p {at_spot("p.currency", at)}
        )
        SELECT *, greatest(balance, 0) AS asset, greatest(-balance, 0) AS liability FROM at_rate
        """,
    )


def require_contract_rates(scope: Scope) -> None:
    """Refuse to go on when a rate is missing for revenue, a billing or a position of the scope. Raises BooksError."""
    missing = scope.books.rows(f"SELECT coalesce(sum(missing), 0) AS n FROM {revenue_sums(scope)}")[0]["n"]
    of_revenue = (
        f"SELECT currency, recognised_date AS rate_date FROM {revenue_rows(scope)} WHERE functional IS NULL UNION ALL"
        if missing
        else ""
    )
    require_rates(
        scope,
        f"""
        {of_revenue}
        SELECT currency, invoice_date AS rate_date FROM {billing_rows(scope)}
        WHERE functional IS NULL AND invoice_date <= {day(scope.closing_date)}
        UNION ALL
        SELECT currency, {day(scope.closing_date)} FROM {positions(scope, scope.closing_date)} WHERE balance IS NULL
        UNION ALL
        SELECT currency, {day(scope.opening_date)} FROM {positions(scope, scope.opening_date)} WHERE balance IS NULL
        """,
    )
