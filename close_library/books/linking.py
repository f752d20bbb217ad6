"""Which programs are linked: a document of one names, repeats or meets a document of the other.

What is computed for a program follows names from row to row, and looks for rows alike. Where such a way leads to a row of
another program the two are linked, over any number of steps; so whoever sees the rows of a program, of those linked with it
and of nobody finds on every way what is to be found. A name that only looks the same links too: that costs a re-run, no more.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import duckdb
import pyarrow as pa

from close_library.sources.cast import literal, quoted

_NAMES = {
    "contract": "contracts.contract_id contract_lines.contract_id purchase_orders.contract_id invoices.contract_id",
    "contract line": "contract_lines.contract_line_id contract_changes.contract_line_id deliveries.contract_line_id "
    "invoice_lines.contract_line_id",
    "order": "purchase_orders.po_number po_amendments.po_number deliveries.po_number invoices.po_number",
    "delivery": "deliveries.delivery_id invoice_lines.delivery_id",
    "invoice": "invoices.invoice_id invoices.applies_to_invoice_id invoice_lines.invoice_id cash_applications.invoice_id "
    "cash_applications.credit_memo_id disputes.invoice_id",
    "document": "invoices.invoice_number cash_receipts.receipt_id cash_applications.receipt_id "
    "cash_applications.application_id gl_entries.document_number",
    "vendor document": "vendor_invoices.vendor_invoice_id vendor_invoice_lines.vendor_invoice_id "
    "vendor_payments.vendor_invoice_id vendor_payments.vendor_payment_id",
    "work": "vendor_work.work_id vendor_invoice_lines.work_id",
}
"""What names a document → the columns that hold such names."""

_ALIKE = (
    (
        "invoices",
        "customer_id, contract_id, po_number, currency, total_amount",
        "document_type = 'invoice' AND status <> 'void'",
    ),
    ("vendor_invoices", "vendor_id, vendor_invoice_number", "status <> 'void'"),
    (
        "vendor_invoices",
        "vendor_id, service_period, amount, currency",
        "status <> 'void' AND service_period IS NOT NULL",
    ),
    ("vendor_payments", "vendor_id, amount, currency, reference", "reference IS NOT NULL"),
    # Vendors without a currency of their own have that of their invoices, whatever program these belong to.
    ("vendor_invoices", "vendor_id", "vendor_id NOT IN (SELECT vendor_id FROM {vendors} WHERE currency IS NOT NULL)"),
)
"""Rows that are looked at together because they are alike: table, columns that are equal, which rows."""

_NOBODYS_AT_MOST = 100_000
"""Rows of no program that are followed one by one; where there are more, all programs count as linked."""


def linked_programs(connection: duckdb.DuckDBPyConnection, files: Mapping[str, Path]) -> dict[str, list[str]]:
    """Program → the other programs that it is linked with; a program that is linked with none is left out.

    `files`: table → its sealed file, with `owner_program_id`.
    """
    owners = _owners(connection, files)
    if len(owners) < 2:
        return {}
    numbers = pa.table({"owner": pa.array(owners, pa.string()), "number": pa.array(range(len(owners)), pa.int64())})
    connection.register("link_owners", numbers)
    edges: set[tuple[int, int]] = set()
    try:
        for selects in _questions(files):
            edges |= _met(connection, selects)
    finally:
        connection.unregister("link_owners")
    nobodys = {node for edge in edges for node in edge if node < 0}
    if len(nobodys) > _NOBODYS_AT_MOST:
        return {owner: [other for other in owners if other != owner] for owner in owners}
    groups = _groups(edges)
    linked = {}
    for number, owner in enumerate(owners):
        others = [owners[other] for other in groups.get(number, []) if other >= 0 and other != number]
        if others:
            linked[owner] = sorted(others)
    return linked


def _questions(files: Mapping[str, Path]) -> Iterator[str]:
    """For each kind of name a query of who bears it: name (a hash, so that long names take no room), node."""
    places = [place.split(".") for names in _NAMES.values() for place in names.split()]
    often = Counter(table for table, _ in places)
    for names in _NAMES.values():
        selects = [
            _named(table, files[table], quoted(column), f"{quoted(column)} IS NOT NULL", often[table] > 1)
            for table, column in (place.split(".") for place in names.split())
            if table in files
        ]
        if selects:
            yield " UNION ALL ".join(selects)
    vendors = (
        _rows(files["vendors"]) if "vendors" in files else "(SELECT NULL AS vendor_id, NULL AS currency WHERE false)"
    )
    for table, columns, condition in _ALIKE:
        if table in files:
            yield _named(table, files[table], columns, condition.format(vendors=vendors), often[table] > 1)


def _named(table: str, file: Path, name: str, condition: str, followed: bool) -> str:
    """The rows of a table by name; rows of nobody only where they lead on to another name."""
    nobodys = f"-1 - CAST(hash({literal(table)}, source_file, source_row) >> 2 AS BIGINT)"
    return f"""
        SELECT hash({name}) AS name, coalesce(o.number, {nobodys}) AS node
        FROM {_rows(file)} r LEFT JOIN link_owners o ON o.owner = r.owner_program_id
        WHERE ({condition}) AND {"true" if followed else "r.owner_program_id IS NOT NULL"}
    """


def _met(connection: duckdb.DuckDBPyConnection, selects: str) -> set[tuple[int, int]]:
    """Pairs of nodes that bear one name: programs by their number, a row of nobody by a negative number of its own."""
    shared = f"SELECT name, min(node) AS first FROM ({selects}) GROUP BY name HAVING min(node) <> max(node)"
    connection.execute(f"CREATE OR REPLACE TEMP TABLE shared_names AS {shared}").fetchall()
    [(names,)] = connection.execute("SELECT count(*) FROM shared_names").fetchall()
    if not names:  # as with most names of most companies: then nothing is read again
        return set()
    found = connection.execute(
        f"SELECT DISTINCT first, node FROM ({selects}) JOIN shared_names USING (name) WHERE first <> node"
    )
    return {(first, node) for first, node in found.fetchall()}


def _owners(connection: duckdb.DuckDBPyConnection, files: Mapping[str, Path]) -> list[str]:
    """The programs that own something."""
    selects = " UNION ALL ".join(
        f"SELECT DISTINCT owner_program_id AS owner FROM {_rows(path)}" for path in files.values()
    )
    found = connection.execute(f"SELECT DISTINCT owner FROM ({selects}) WHERE owner IS NOT NULL ORDER BY owner")
    return [owner for (owner,) in found.fetchall()]


def _rows(path: Path) -> str:
    return f"read_parquet({literal(str(path))})"


def _groups(edges: Iterable[tuple[int, int]]) -> dict[int, list[int]]:
    """Node → all nodes that a way of edges leads to, itself included."""
    root: dict[int, int] = {}

    def find(node: int) -> int:
        while root.setdefault(node, node) != node:
            root[node] = root[root[node]]
            node = root[node]
        return node

    for one, other in edges:
        root[find(one)] = find(other)
    members: dict[int, list[int]] = defaultdict(list)
    for node in root:
        members[find(node)].append(node)
    return {node: sorted(members[find(node)]) for node in root}
