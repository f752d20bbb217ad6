"""Real companies in the plain tables: they seal with the control totals of their README."""

from __future__ import annotations

from pathlib import Path

import pytest

from close_library.books import Books, seal
from tests.sources.files import Source

DATA = Path(__file__).parents[3] / "shared" / "data"

TOTALS = {
    "ibm_ar": {
        "invoices": (2466, "147703.18"),
        "invoice_lines": (2466, "147703.18"),
        "cash_receipts": (2466, "147703.18"),
        "cash_applications": (2466, "147703.18"),
        "disputes": (561, "36746.12"),
        "gl_entries": (9864, "0.00"),
        "account_balances": (75, None),
        "customers": (105, None),
        "programs": (5, None),
    },
    "sap_o2c": {
        "invoices": (163, "749.90"),
        "invoice_lines": (245, "749.90"),
        "cash_applications": (80, "30079.43"),
        "gl_entries": (123, "12099.69"),
        "contract_lines": (137, None),
        "deliveries": (137, None),
    },
}


@pytest.mark.skipif(not DATA.is_dir(), reason="../shared/data is not here")
@pytest.mark.parametrize("company", TOTALS)
def test_real_tables_seal_with_their_control_totals(company: str, tmp_path: Path) -> None:
    """Every row is there, every cent too, and the program totals of the README with them."""
    folder = DATA / company / "tables"
    sealed = seal(tmp_path / "books", [Source("tables", "../tables", folder)])["tables"]
    for table, (rows, total) in TOTALS[company].items():
        assert sealed[table]["rows"] == rows, table
        assert total is None or sealed[table]["control_total"] == total, table
    books = Books.open(tmp_path / "books", ["invoices", "deliveries", "contract_lines"])
    if company == "ibm_ar":
        found = books.sql(
            "SELECT owner_program_id AS o, CAST(sum(total_amount) AS VARCHAR) AS s FROM invoices GROUP BY 1"
        )
        assert {row["o"]: row["s"] for row in found.to_pylist()} == {
            "391": "40048.9600",
            "406": "39422.9100",
            "770": "27380.7700",
            "818": "24502.0600",
            "897": "16348.4800",
        }
    else:
        found = books.sql(
            "SELECT CAST(sum(to_minor_unit(d.quantity_delivered * l.unit_price, 2)) AS VARCHAR) AS value "
            "FROM deliveries d JOIN contract_lines l USING (contract_line_id)"
        )
        assert found.to_pylist() == [{"value": "67842.7300"}]
