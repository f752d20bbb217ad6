"""What can be taken apart: revenue by contract line, vendor cost by type of work, each with quantity and value.

Their rows stand on today's books, on both sides of a comparison. Columns: side (`current`, `comparison`), owner, item (the
contract line, the type of work), basis, quantity, value (functional currency, natural sign), address, seen. Rows of basis
`quantity` are taken apart by quantity and price; `other` are lines with a price of their own, catch-ups of signed periods, and
fees that name no work.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from close_library.accounting.currency import require_rates
from close_library.accounting.flux.intervals import Comparison, Interval
from close_library.accounting.ledger import LINE_SHOWN, natural_sign
from close_library.accounting.revenue.contracts import contract_lines, require_catch_up_rates, revenue_rows
from close_library.accounting.schedules import owed_work, priced_deliveries
from close_library.accounting.sql import day, owned, shown, texts, viewed
from close_library.accounting.vendors.vendor_documents import COUNTED, vendor_lines
from close_library.evidence import Scope

_DELIVERY = shown(delivery="delivery_id", line="contract_line_id", date="priced_date", quantity="quantity",
                  value="value::money", currency="currency", program="owner")  # fmt: skip
_WORK = shown(work="work_id", type="work_type", date="work_date", approved_quantity="approved_quantity",
              owed_rate="owed_rate", owed="owed::money", currency="currency", program="owner")  # fmt: skip
_FEE = shown(invoice="vendor_invoice_number", line="line_number", date="invoice_date", amount="amount::money",
             currency="currency", program="owner")  # fmt: skip

NO_WORK = "lines that name no work"
"""The item of vendor invoice lines without work."""


@dataclass(frozen=True)
class Driven:
    """An amount of the ledger that can be taken apart: its role, the words for its parts, and where its rows come from.

    `ids`: part → the id of its figures; `words`: part → what a reader calls it. `groups`: item → the group of items that are
    booked on one account, for those items that are not a group of their own.
    """

    role: str
    title: str
    item: str
    ids: dict[str, str]
    words: dict[str, str]
    facts: Callable[[Scope, Interval], str]
    groups: Callable[[Scope], dict[str, str]]


def _revenue_facts(scope: Scope, interval: Interval) -> str:
    within = _within(scope, interval, "priced_date")
    if interval.first_day <= scope.closing_date <= interval.last_day:
        require_catch_up_rates(scope)
    return f"""
        SELECT owner, contract_line_id AS item, 'quantity' AS basis, quantity, functional AS value, currency,
               priced_date AS rate_date, 'deliveries' AS source_table, source_file, source_row, {_DELIVERY} AS seen
        FROM {priced_deliveries(scope)} WHERE recognises AND {within} AND {owned(scope)}
        UNION ALL
        SELECT owner, contract_line_id, 'other', 0, functional, currency,
               recognised_date, source_table, source_file, source_row, seen
        FROM {revenue_rows(scope)} WHERE source_table <> 'deliveries' AND {_within(scope, interval, "recognised_date")}
    """


def _cost_facts(scope: Scope, interval: Interval) -> str:
    return f"""
        SELECT owner, work_type AS item, 'quantity' AS basis, approved_quantity AS quantity, functional AS value, currency,
               work_date AS rate_date, 'vendor_work' AS source_table, source_file, source_row, {_WORK} AS seen
        FROM {owed_work(scope)} WHERE approved AND {_within(scope, interval, "work_date")} AND {owned(scope)}
        UNION ALL
        SELECT owner, '{NO_WORK}', 'other', 0, functional, currency, invoice_date, 'vendor_invoice_lines', source_file,
               source_row, {_FEE}
        FROM {vendor_lines(scope)}
        WHERE {COUNTED} AND work_id IS NULL AND {_within(scope, interval, "invoice_date")} AND {owned(scope)}
    """


def _billing_models(scope: Scope) -> dict[str, str]:
    rows = scope.books.rows(f"SELECT contract_line_id, billing_model FROM {contract_lines(scope)}")
    return {row["contract_line_id"]: row["billing_model"] for row in rows}


def _no_groups(scope: Scope) -> dict[str, str]:
    return {}


REVENUE = Driven(
    "revenue", "Revenue", "contract_line",
    {"volume": "volume", "price": "price", "new": "new", "ended": "ended", "other": "other", "rest": "not_of_contracts"},
    {"volume": "volume", "price": "price", "new": "new", "ended": "ended", "other": "other", "rest": "not of contracts"},
    _revenue_facts,
    _billing_models,
)  # fmt: skip
"""The change of revenue by contract line: ACCOUNTING.md §5. The price holds the exchange rate of a foreign contract."""

VENDOR_COST = Driven(
    "vendor_cost", "Vendor cost", "work_type",
    {"volume": "cost_quantity", "price": "cost_rate", "new": "cost_new", "ended": "cost_ended", "other": "cost_other",
     "rest": "not_of_work"},
    {"volume": "quantity", "price": "rate", "new": "new", "ended": "ended", "other": "other", "rest": "not of work"},
    _cost_facts,
    _no_groups,
)  # fmt: skip
"""The change of vendor cost by program and type of work, in the same way; the rate is what a unit was owed on average."""


def driven_rows(scope: Scope, driven: Driven, comparison: Comparison) -> str:
    """The rows of both intervals. Raises BooksError where one needs an exchange rate that is missing."""
    assert comparison.against, "a scenario has no quantities"
    query = " UNION ALL ".join(
        f"SELECT '{side}' AS side, * FROM ({driven.facts(scope, interval)})"
        for side, interval in (("current", comparison.current), ("comparison", comparison.against))
    )
    rows = viewed(scope.books, f"flux_{driven.role}", query)
    require_rates(scope, f"SELECT currency, rate_date FROM {rows} WHERE value IS NULL")
    return rows


def booked_rows(scope: Scope, driven: Driven, comparison: Comparison) -> str:
    """The ledger lines of the role's accounts in both intervals: side, account, owner, amount (natural sign), address, seen."""
    assert comparison.against
    accounts = texts(scope.parameters.accounts.held(driven.role))
    return " UNION ALL ".join(
        f"""
        SELECT '{side}' AS side, account, owner, {natural_sign(driven.role)} * amount AS amount, source_file, source_row,
               {LINE_SHOWN} AS seen
        FROM (SELECT *, owner_program_id AS owner FROM gl_entries)
        WHERE account IN {accounts} AND {_days(interval, "effective_date")} AND {owned(scope)}
        """
        for side, interval in (("current", comparison.current), ("comparison", comparison.against))
    )


def _within(scope: Scope, interval: Interval, column: str) -> str:
    """The condition that a date lies in an interval, and not after T: what comes later is not known yet."""
    return f"{_days(interval, column)} AND {column} <= {day(scope.closing_date)}"


def _days(interval: Interval, column: str) -> str:
    return f"{column} BETWEEN {day(interval.first_day)} AND {day(interval.last_day)}"
