"""Tables that a run writes into the books beside the sealed ones: what people said, and the period's findings.

The record writes the `said_*` tables before the notebooks start, and of what was signed `said_populations` has the rows behind
the balances that the next period opens with; `findings` holds the findings of the workpapers that
have run, for those that run last. A notebook declares the ones that it reads among its optional tables. All columns
are text, amounts exact text, except `event`, the number of the event in the record.
"""

from __future__ import annotations

_COLUMNS = {
    "said_figures": "period program ref figure amount event",
    "said_explanations": "period program ref subject amount text event",
    "said_items": "period program ref item amount first_date owner action event",
    "said_populations": "period program ref figure source_table source_file source_row name amount event",
    "findings": "program ref title finding severity amount currency known_table known_key message status",
}

SAID: dict[str, dict[str, str]] = {
    name: {column: "BIGINT" if column == "event" else "VARCHAR" for column in columns.split()}
    for name, columns in _COLUMNS.items()
}
"""Table → its columns with their DuckDB types."""
