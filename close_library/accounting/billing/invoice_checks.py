"""Checks of an invoice as a whole: billed once, footed, due by its terms, and on an order that fits it.

Each check is a query of what it tested: document, check_name, line (NULL), failed, found, expected (texts with the figures),
amount (document's currency), key (the key that its finding is known by), others (keys of a second table). What a check does not
test has no row. ACCOUNTING.md §7; the checks of single lines are in `invoice_checks_lines`.
"""

from __future__ import annotations

from close_library.accounting.billing.invoice_documents import documents_under_review, lines_under_review
from close_library.accounting.sql import FILE_ORDER, day, money_text
from close_library.evidence import Scope


def tested(check: str, failed: str, found: str, expected: str, amount: str, **places: str) -> str:
    """The SELECT of a check, up to its FROM; the arguments are SQL. `places`: document, line, key, others where not the usual."""
    document, line = places.get("document", "document"), places.get("line", "NULL::BIGINT")
    key, others = places.get("key", "invoice_id"), places.get("others", "NULL")
    return f"""
        SELECT {document} AS document, '{check}' AS check_name, {line} AS line, {failed} AS failed, {found} AS found,
               {expected} AS expected, CAST({amount} AS DECIMAL(38,4)) AS amount, {key} AS key,
               CAST({others} AS VARCHAR[]) AS others
    """


def document_checks(scope: Scope, drafts: bool = False) -> list[str]:
    """The queries of the checks of whole documents."""
    return [
        _duplicate(scope, drafts),
        _foots(scope, drafts),
        _terms(scope, drafts),
        *_orders(scope, drafts),
    ]


def _duplicate(scope: Scope, drafts: bool) -> str:
    """`invoice_duplicate`: an earlier posted invoice of the customer has the same number, or the same contract, order, total
    and lines. Empty equals empty among contract, order and lines; an empty number equals none. A draft repeats posted invoices
    whatever their date up to T, and earlier drafts.
    """
    documents, at = documents_under_review(scope, drafts), day(scope.closing_date)
    content = ", ".join(
        f"coalesce(CAST({column} AS VARCHAR), '')"
        for column in ("contract_line_id", "service_start", "service_end", "quantity", "amount")
    )
    earlier = f"status = 'draft', invoice_date, invoice_id, {FILE_ORDER}"
    twin = "first_value(invoice_id) OVER same AS twin, first_value(invoice_date) OVER same AS twin_date"
    return f"""
        SELECT * FROM (
            WITH pool AS (
                SELECT * FROM invoices
                WHERE document_type = 'invoice' AND status IN ('posted'{", 'draft'" if drafts else ""}) AND invoice_date <= {at}
                  AND customer_id IN (SELECT customer_id FROM {documents})
            ),
            alike AS (
                SELECT * FROM pool
                QUALIFY count(*) OVER (PARTITION BY customer_id, contract_id, po_number, currency, total_amount) > 1
            ),
            contents AS (
                SELECT invoice_id, string_agg(concat_ws(chr(31), {content}), chr(30) ORDER BY {content}) AS content
                FROM invoice_lines WHERE invoice_id IN (SELECT invoice_id FROM alike) GROUP BY 1
            ),
            by_number AS (
                SELECT source_file, source_row, invoice_id, {twin}, 'number' AS same_what FROM pool
                WHERE invoice_number IS NOT NULL
                WINDOW same AS (PARTITION BY customer_id, invoice_number ORDER BY {earlier})
                QUALIFY row_number() OVER same > 1
            ),
            by_content AS (
                SELECT source_file, source_row, invoice_id, {twin}, 'contract, order, total and lines' AS same_what
                FROM alike LEFT JOIN contents USING (invoice_id)
                WINDOW same AS (
                    PARTITION BY customer_id, contract_id, po_number, currency, total_amount, content ORDER BY {earlier})
                QUALIFY row_number() OVER same > 1
            ),
            repeats AS (
                SELECT source_file, source_row, invoice_id, min_by(twin, (twin_date, twin)) AS twin, min(twin_date) AS twin_date,
                       string_agg(same_what, ' and ' ORDER BY same_what DESC) AS same_what
                FROM (FROM by_number UNION ALL FROM by_content) GROUP BY ALL
            )
            {tested(
                "invoice_duplicate", "r.twin IS NOT NULL",
                "CASE WHEN r.twin IS NULL THEN 'no other like it' "
                "ELSE 'the same ' || same_what || ' as ' || twin || ' of ' || twin_date END",
                "'one billing'", "d.total_amount", key="d.invoice_id", others="CASE WHEN twin IS NOT NULL THEN [twin] END")}
            FROM {documents} d
            LEFT JOIN repeats r USING (source_file, source_row, invoice_id) WHERE d.kind = 'invoice'
        )
    """  # fmt: skip


def _foots(scope: Scope, drafts: bool) -> str:
    """`invoice_does_not_foot`: lines and tax do not add up to the total; the amount is lines + tax − total. Memos too."""
    return f"""
        SELECT * FROM (
            WITH sums AS (
                SELECT invoice_id, sum(amount) AS lines FROM {lines_under_review(scope, drafts)} GROUP BY 1
            ),
            footed AS (
                SELECT d.*, CAST(coalesce(lines, 0) AS DECIMAL(38,4)) AS lines,
                       coalesce(lines, 0) + tax - total_amount AS difference
                FROM {documents_under_review(scope, drafts)} d LEFT JOIN sums USING (invoice_id)
            )
            {tested(
                "invoice_does_not_foot", f"abs(difference) > {scope.parameters.tolerances.tie_out}",
                f"'total ' || {money_text('total_amount')}",
                f"{money_text('lines + tax')} || ', lines ' || {money_text('lines')} || ' and tax ' || {money_text('tax')}",
                "difference")}
            FROM footed
        )
    """  # fmt: skip


def _terms(scope: Scope, drafts: bool) -> str:
    """`invoice_terms_differ`: the due date is not the invoice date plus the terms. Not tested where either is missing."""
    query = tested(
        "invoice_terms_differ",
        "due_date <> invoice_date + CAST(terms AS INTEGER)",
        "'due ' || due_date",
        "(invoice_date + CAST(terms AS INTEGER)) || ', ' || terms || ' days after ' || invoice_date",
        "total_amount",
        others="CASE WHEN contract_id IS NOT NULL THEN [contract_id] END",
    )
    return f"""
        {query} FROM {documents_under_review(scope, drafts)}
        WHERE kind = 'invoice' AND due_date IS NOT NULL AND terms IS NOT NULL
    """


def _orders(scope: Scope, drafts: bool) -> list[str]:
    """`invoice_without_po`, `invoice_po_mismatch` and `invoice_outside_po_dates`: the order that an invoice names.

    An order that is in no table is unknown only where the company has a table of orders. The last two are tested for known
    orders; dates for invoices with a service date or a delivery.
    """
    has_table = scope.books.has("purchase_orders")
    ordered = f"""
        WITH ends AS (
            SELECT po_number, new_end_date FROM po_amendments
            WHERE amendment_date <= {day(scope.closing_date)} AND new_end_date IS NOT NULL
            QUALIFY row_number() OVER (PARTITION BY po_number ORDER BY amendment_date DESC, length(amendment_number) DESC,
                                       amendment_number DESC, source_file DESC, source_row DESC) = 1
        ),
        days AS (
            SELECT *, coalesce(service_start, service_end, delivery_date) AS begins,
                   coalesce(service_end, service_start, delivery_date) AS ends FROM {lines_under_review(scope, drafts)}
        ),
        service AS (
            SELECT invoice_id, min(least(begins, ends)) AS first_day, max(greatest(begins, ends)) AS last_day FROM days GROUP BY 1
        ),
        ordered AS (
            SELECT d.*, first_day, last_day, o.po_number IS NOT NULL AS known, o.program_id AS order_program,
                   o.customer_id AS order_customer, o.currency AS order_currency, o.start_date AS order_start,
                   coalesce(e.new_end_date, o.end_date) AS order_end
            FROM {documents_under_review(scope, drafts)} d
            LEFT JOIN ({scope.books.first_rows("purchase_orders")}) o USING (po_number)
            LEFT JOIN ends e USING (po_number) LEFT JOIN service USING (invoice_id)
            WHERE kind = 'invoice'
        )
    """
    unknown = "NOT known" if has_table else "po_number IS NULL"
    named = "CASE WHEN known THEN [po_number] END"
    queries = {
        "known": tested(
            "invoice_po_mismatch",
            "coalesce(order_program <> program_id OR order_customer <> customer_id OR order_currency <> currency, false)",
            "po_number || ' of program ' || order_program || ', customer ' || order_customer || ', in ' || order_currency",
            "'program ' || program_id || ', customer ' || customer_id || ', in ' || currency",
            "total_amount",
            others=named,
        ),
        "known AND first_day IS NOT NULL": tested(
            "invoice_outside_po_dates",
            "coalesce(first_day < order_start, false) OR coalesce(last_day > order_end, false)",
            "'service ' || first_day || ' to ' || last_day",
            "po_number || ', ' || coalesce('from ' || order_start, 'from any day') || coalesce(' to ' || order_end, ' on')",
            "total_amount",
            others=named,
        ),
    }
    if scope.parameters.purchase_orders.required:
        queries["true"] = tested(
            "invoice_without_po",
            unknown,
            f"CASE WHEN po_number IS NULL THEN 'no purchase order' WHEN {unknown} THEN po_number || ', which does not exist' "
            "ELSE po_number END",
            "'a purchase order'",
            "total_amount",
        )
    return [f"SELECT * FROM ({ordered} {query} FROM ordered WHERE {condition})" for condition, query in queries.items()]
