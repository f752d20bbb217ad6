"""What is true? One module a procedure, pure: a frozen `Scope` in, a frozen `Result` out.

An analyst calls the same functions as the workpapers do, from any notebook:

    from close_library.accounting import aging, collections, receivables_roll_forward

What does not belong here: reading files, how a report looks, what people said.
"""

from close_library.accounting.aging import aging, columns_total
from close_library.accounting.collections import aging_and_collections, collections, credit_sales
from close_library.accounting.completeness import accounts_rolled, control_totals, rows_read, source_completeness
from close_library.accounting.ledger import ledger_balance
from close_library.accounting.reconcile_receivables import bridged_balance, receivables_to_ledger
from close_library.accounting.roll_receivables import receivables_roll_forward, rolled_balance
from close_library.accounting.schedules import build_schedules

__all__ = [
    "accounts_rolled",
    "aging",
    "aging_and_collections",
    "bridged_balance",
    "build_schedules",
    "collections",
    "columns_total",
    "control_totals",
    "credit_sales",
    "ledger_balance",
    "receivables_roll_forward",
    "receivables_to_ledger",
    "rolled_balance",
    "rows_read",
    "source_completeness",
]
