"""What is true? One module a procedure, pure: a frozen `Scope` in, a frozen `Result` out.

An analyst calls the same functions as the workpapers do, from any notebook:

    from close_library.accounting import aging, collections, receivables_roll_forward

The rooms of this house: `completeness`, `receivables`, `revenue`, `entries`, `purchase_orders`, `billing`, `vendors`, `cash`,
`flux`, `tracker`; shared by all: `sql`, `currency`, `ledger`, `schedules`, `roll`, `reconciling_items`, `said` (what people
signed, as tables of the books). What does not belong here: reading files, how a report looks, the record.
"""

from close_library.accounting.billing.billing_calendar import billing_calendar, states_counted
from close_library.accounting.billing.review_invoices import (
    checks_done,
    documents_in_the_period,
    invoice_review,
    review_drafts,
)
from close_library.accounting.cash.cash_and_payouts import (
    cash_and_payouts,
    gross_less_fees,
    money_in_placed,
    receipts_placed,
)
from close_library.accounting.cash.matching import match, standard_rules
from close_library.accounting.completeness.completeness import (
    accounts_rolled,
    control_totals,
    rows_read,
    source_completeness,
)
from close_library.accounting.entries.proposed_entries import (
    accrual_once_booked,
    after_booking,
    proposed_journal_entries,
    total_credits,
    total_debits,
)
from close_library.accounting.flux.flux_by import flux_by
from close_library.accounting.flux.proofs import (
    accounts_with_a_type,
    balances_as_printed,
    current_of,
    drivers_added_up,
    ledger_changed,
    ledger_less_scenarios,
    lines_changed,
    sheet_balances,
)
from close_library.accounting.flux.workpapers import actual_to_forecast, flux_balance_sheet, flux_profit_and_loss
from close_library.accounting.ledger import ledger_balance
from close_library.accounting.purchase_orders.purchase_order_burn import purchase_order_burn, total_of
from close_library.accounting.purchase_orders.purchase_order_trace import purchase_order_trace, status_total
from close_library.accounting.purchase_orders.trace import trace, walk_through
from close_library.accounting.receivables.aging import aging, columns_total
from close_library.accounting.receivables.collections import aging_and_collections, collections, credit_sales
from close_library.accounting.receivables.reconcile_receivables import bridged_balance, receivables_to_ledger
from close_library.accounting.receivables.roll_receivables import receivables_roll_forward, rolled_balance
from close_library.accounting.reconciling_items import items_compared, items_counted
from close_library.accounting.revenue.contract_balances import contract_balances_to_ledger
from close_library.accounting.revenue.disclosures import disaggregated, revenue_disclosures, scheduled
from close_library.accounting.revenue.revenue_recognition import deliveries_priced, revenue_recognition
from close_library.accounting.revenue.revenue_schedule import revenue_schedule
from close_library.accounting.revenue.revenue_to_ledger import booked_revenue, revenue_to_ledger
from close_library.accounting.revenue.roll_contracts import (
    contract_asset_roll_forward,
    deferred_revenue_roll_forward,
    rolled_contracts,
)
from close_library.accounting.roll import opening_and_signed
from close_library.accounting.schedules import build_schedules
from close_library.accounting.tracker.close_summary import close_summary
from close_library.accounting.tracker.key_figures import program_total
from close_library.accounting.tracker.open_points import count_open, points_counted
from close_library.accounting.tracker.orders_in_use import collected_by_trace
from close_library.accounting.tracker.program_tracker import program_tracker
from close_library.accounting.tracker.trend import month_of_trend
from close_library.accounting.vendors.review_vendor_work import reviewed_total, vendor_work_review
from close_library.accounting.vendors.vendor_payables import (
    invoices_that_foot,
    rolled_accrual,
    vendor_figure,
    vendor_payables_to_ledger,
    work_with_rates,
)

__all__ = [
    "accounts_rolled",
    "accounts_with_a_type",
    "accrual_once_booked",
    "actual_to_forecast",
    "after_booking",
    "aging",
    "aging_and_collections",
    "balances_as_printed",
    "billing_calendar",
    "booked_revenue",
    "bridged_balance",
    "build_schedules",
    "cash_and_payouts",
    "checks_done",
    "close_summary",
    "collected_by_trace",
    "collections",
    "columns_total",
    "contract_asset_roll_forward",
    "contract_balances_to_ledger",
    "control_totals",
    "count_open",
    "credit_sales",
    "current_of",
    "deferred_revenue_roll_forward",
    "deliveries_priced",
    "disaggregated",
    "documents_in_the_period",
    "drivers_added_up",
    "flux_balance_sheet",
    "flux_by",
    "flux_profit_and_loss",
    "gross_less_fees",
    "invoice_review",
    "invoices_that_foot",
    "items_compared",
    "items_counted",
    "ledger_balance",
    "ledger_changed",
    "ledger_less_scenarios",
    "lines_changed",
    "match",
    "money_in_placed",
    "month_of_trend",
    "opening_and_signed",
    "points_counted",
    "program_total",
    "program_tracker",
    "proposed_journal_entries",
    "purchase_order_burn",
    "purchase_order_trace",
    "receipts_placed",
    "receivables_roll_forward",
    "receivables_to_ledger",
    "revenue_disclosures",
    "revenue_recognition",
    "revenue_schedule",
    "revenue_to_ledger",
    "review_drafts",
    "reviewed_total",
    "rolled_accrual",
    "rolled_balance",
    "rolled_contracts",
    "rows_read",
    "scheduled",
    "sheet_balances",
    "source_completeness",
    "standard_rules",
    "states_counted",
    "status_total",
    "total_credits",
    "total_debits",
    "total_of",
    "trace",
    "vendor_figure",
    "vendor_payables_to_ledger",
    "vendor_work_review",
    "walk_through",
    "work_with_rates",
]
