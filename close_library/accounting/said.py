"""What people signed, as a run writes it into the books: figures and reconciling items of the prior period.

Read from the tables `said_figures` and `said_items` (`tables.SAID`), which hold the latest reviewed sign-offs. Where nothing was
signed they are empty. An address that leads into the record is its table, `record`, and the number of the event.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from close_library.accounting.sql import text
from close_library.evidence import Scope

RECORD = "record"
"""What stands as the file of a row that leads into the record."""


@dataclass(frozen=True)
class SignedFigure:
    """A figure as it was signed, and the event of the record that says so."""

    amount: Decimal
    event: int


def signed_figure(scope: Scope, ref: str, figure: str) -> SignedFigure | None:
    """A figure of the prior period as it was signed for this very scope; None where it was not."""
    rows = scope.books.rows(
        f"""
        SELECT amount, event FROM said_figures
        WHERE {_of_prior(scope, ref)} AND figure = {text(figure)} AND amount <> '' ORDER BY event DESC LIMIT 1
        """
    )
    return SignedFigure(Decimal(rows[0]["amount"]), rows[0]["event"]) if rows else None


def is_signed(scope: Scope, ref: str) -> bool:
    """Whether a workpaper of the prior period was signed for this scope, with reconciling items or without any."""
    query = " UNION ALL ".join(
        f"SELECT 1 FROM {table} WHERE {_of_prior(scope, ref)} AND amount <> ''"
        for table in ("said_figures", "said_items")
    )
    return bool(scope.books.rows(f"SELECT count(*) AS n FROM ({query})")[0]["n"])


def signed_items(scope: Scope, ref: str) -> str:
    """The query of the reconciling items of the prior period as they were signed: item, amount, first_date, event."""
    return f"""
        SELECT item, CAST(amount AS DECIMAL(38,4)) AS amount, CAST(nullif(first_date, '') AS DATE) AS first_date, event
        FROM said_items WHERE {_of_prior(scope, ref)} AND amount <> ''
        QUALIFY row_number() OVER (PARTITION BY item ORDER BY event DESC) = 1
    """


def signed_rows(scope: Scope, ref: str, figure: str, event: int) -> str | None:
    """The query of the rows behind a figure as that event of the record signed it: source_table, source_file, source_row, name,
    amount; a balance without rows has one without a table. None where the workpaper does not declare that it reads them.
    """
    if "said_populations" not in scope.books.declared:
        return None
    return f"""
        SELECT source_table, source_file, TRY_CAST(source_row AS BIGINT) AS source_row, name,
               CAST(amount AS DECIMAL(38,4)) AS amount
        FROM said_populations WHERE {_of_prior(scope, ref)} AND figure = {text(figure)} AND event = {event}
    """


def _of_prior(scope: Scope, ref: str) -> str:
    """The condition that a row was said of the prior period, this program and a workpaper."""
    return f"period = '{scope.period.prior}' AND program = {text(scope.program)} AND ref = '{ref}'"
