"""The canonical tables, one declaration each. `*` marks the key, `?` a column that may be missing or empty."""

from __future__ import annotations

from close_library.tables.schema import Table, declare

_ALL = (
    # Reference
    declare(
        "customers",
        "*customer_id text, customer_name text, currency text, payment_terms_days int?",
    ),
    declare(
        "programs",
        "*program_id text, program_name text, customer_id text?, start_date date?, end_date date?, owner text?",
        refers="customer_id>customers.customer_id",
    ),
    declare(
        "gl_accounts",
        "*account text, account_name text, account_type asset|liability|equity|revenue|expense, caption text?",
    ),
    declare(
        "fx_rates",
        "*currency text, *rate_date date, rate rate, rate_type spot|average?",
        date="rate_date",
    ),
    # Contract to delivery
    declare(
        "contracts",
        "*contract_id text, program_id text, customer_id text, signed_date date?, start_date date, end_date date?, "
        "currency text, payment_terms_days int?, discount_percent rate?, billing_frequency text?",
        date="start_date",
        refers="program_id>programs.program_id customer_id>customers.customer_id",
    ),
    declare(
        "contract_lines",
        "*contract_line_id text, contract_id text, product text, "
        "billing_model usage|milestone|staffing|subscription|fixed_fee, unit text?, unit_price rate?, "
        "*tier_from quantity?, *price_from date?, price_to date?, quantity quantity?, amount money?, "
        "service_start date?, service_end date?, standalone_selling_price money?, estimated_cost money?, "
        "recognition as_delivered|on_acceptance|ratable_daily|ratable_monthly|cost_to_cost",
        amount="amount",
        refers="contract_id>contracts.contract_id",
        parent="contract_id",
    ),
    declare(
        "contract_changes",
        "*contract_line_id text, *change_date date, amount_change money, treatment cumulative|prospective?",
        amount="amount_change",
        date="change_date",
        refers="contract_line_id>contract_lines.contract_line_id",
        parent="contract_line_id",
    ),
    declare(
        "purchase_orders",
        "*po_number text, program_id text, customer_id text, contract_id text?, issue_date date, start_date date?, "
        "end_date date?, currency text, authorized_amount money, status open|closed|cancelled",
        amount="authorized_amount",
        date="issue_date",
        refers="program_id>programs.program_id customer_id>customers.customer_id contract_id>contracts.contract_id",
    ),
    declare(
        "po_amendments",
        "*po_number text, *amendment_number text, amendment_date date, amount_change money, new_end_date date?",
        amount="amount_change",
        date="amendment_date",
        refers="po_number>purchase_orders.po_number",
        parent="po_number",
    ),
    declare(
        "deliveries",
        "*delivery_id text, program_id text, contract_line_id text, po_number text?, delivery_date date, "
        "accepted_date date?, unit text?, quantity_delivered quantity, quantity_accepted quantity?, milestone text?, "
        "status delivered|accepted|rejected, cost money?",
        amount="quantity_delivered",
        date="delivery_date",
        refers="program_id>programs.program_id contract_line_id>contract_lines.contract_line_id",
    ),
    # Billing to cash
    declare(
        "invoices",
        "*invoice_id text, invoice_number text, document_type invoice|credit_memo, applies_to_invoice_id text?, "
        "program_id text, customer_id text, contract_id text?, po_number text?, invoice_date date, due_date date?, "
        "currency text, total_amount money, tax_amount money?, status draft|posted|void, posted_date date?",
        amount="total_amount",
        date="invoice_date",
        refers="program_id>programs.program_id customer_id>customers.customer_id contract_id>contracts.contract_id "
        "applies_to_invoice_id>invoices.invoice_id",
    ),
    declare(
        "invoice_lines",
        "*invoice_id text, *line_number int, contract_line_id text?, description text?, quantity quantity?, "
        "unit_price rate?, amount money, service_start date?, service_end date?, delivery_id text?",
        amount="amount",
        refers="invoice_id>invoices.invoice_id contract_line_id>contract_lines.contract_line_id",
        parent="invoice_id",
    ),
    declare(
        "cash_receipts",
        "*receipt_id text, customer_id text, receipt_date date, currency text, amount money, reference text?, "
        "bank_reference text?, payout_id text?",
        amount="amount",
        date="receipt_date",
        refers="customer_id>customers.customer_id",
    ),
    declare(
        "cash_applications",
        "*application_id text, receipt_id text?, credit_memo_id text?, invoice_id text, application_date date, "
        "amount money, discount_amount money?, write_off_amount money?",
        amount="amount",
        date="application_date",
        refers="receipt_id>cash_receipts.receipt_id credit_memo_id>invoices.invoice_id invoice_id>invoices.invoice_id",
        parent="invoice_id",
    ),
    declare(
        "disputes",
        "*dispute_id text, invoice_id text, opened_date date, closed_date date?, amount money, reason text?, "
        "status open|resolved|lost",
        amount="amount",
        date="opened_date",
        refers="invoice_id>invoices.invoice_id",
        parent="invoice_id",
    ),
    declare(
        "bank_transactions",
        "*bank_transaction_id text, bank_account text, value_date date, currency text, amount money, "
        "reference text?, description text?",
        amount="amount",
        date="value_date",
    ),
    declare(
        "processor_transactions",
        "*transaction_id text, transaction_type text, created date, available_on date?, currency text, gross money, "
        "fee money, net money, payout_id text?, source_id text?, invoice_number text?",
        amount="net",
        date="created",
    ),
    declare(
        "payouts",
        "*payout_id text, arrival_date date, currency text, amount money, status text, bank_reference text?, "
        "is_automatic bool?",
        amount="amount",
        date="arrival_date",
    ),
    # Books
    declare(
        "gl_entries",
        "*journal_id text, *line_number int, effective_date date, period text, account text, amount money, "
        "currency text?, transaction_amount money?, description text?, journal_source text?, document_number text?, "
        "program_id text?, customer_id text?, entered_by text?, entered_at timestamp?, approved_by text?, "
        "approved_at timestamp?, reversal_of text?",
        amount="amount",
        date="effective_date",
        refers="account>gl_accounts.account program_id>programs.program_id customer_id>customers.customer_id",
    ),
    declare(
        "account_balances",
        "*account text, *period text, opening_balance money, closing_balance money",
        amount="closing_balance",
        refers="account>gl_accounts.account",
    ),
    declare(
        "budgets",
        "*scenario text, *account text, *program_id text?, *period text, amount money",
        amount="amount",
        refers="account>gl_accounts.account program_id>programs.program_id",
    ),
    # Vendors and raters
    declare(
        "vendors",
        "*vendor_id text, vendor_name text, vendor_type rater|vendor|contractor, currency text?",
    ),
    declare(
        "vendor_rates",
        "*vendor_id text?, *program_id text, *work_type text, *rate_type base|bonus|incentive, *rate_from date, "
        "rate_to date?, unit text, rate rate",
        date="rate_from",
        refers="vendor_id>vendors.vendor_id program_id>programs.program_id",
    ),
    declare(
        "vendor_work",
        "*work_id text, vendor_id text, program_id text, work_type text, work_date date, quantity quantity, "
        "approved_quantity quantity?, approved_by text?, approved_date date?",
        amount="quantity",
        date="work_date",
        refers="vendor_id>vendors.vendor_id program_id>programs.program_id",
    ),
    declare(
        "vendor_invoices",
        "*vendor_invoice_id text, vendor_id text, program_id text, vendor_invoice_number text, invoice_date date, "
        "service_period text?, amount money, currency text, status received|approved|paid|void",
        amount="amount",
        date="invoice_date",
        refers="vendor_id>vendors.vendor_id program_id>programs.program_id",
    ),
    declare(
        "vendor_invoice_lines",
        "*vendor_invoice_id text, *line_number int, work_id text?, work_type text?, quantity quantity?, rate rate?, "
        "amount money",
        amount="amount",
        refers="vendor_invoice_id>vendor_invoices.vendor_invoice_id",
        parent="vendor_invoice_id",
    ),
    declare(
        "vendor_payments",
        "*vendor_payment_id text, vendor_id text, vendor_invoice_id text?, payment_date date, amount money, "
        "currency text, reference text?",
        amount="amount",
        date="payment_date",
        refers="vendor_id>vendors.vendor_id vendor_invoice_id>vendor_invoices.vendor_invoice_id",
        parent="vendor_invoice_id",
    ),
    # The work itself
    declare(
        "billing_tasks",
        "*task_id text, program_id text, period text, step text, team text?, assignee text?, due_at timestamp, "
        "completed_at timestamp?, reviewer text?, reviewed_at timestamp?, result passed|returned?",
        refers="program_id>programs.program_id",
    ),
)

TABLES: dict[str, Table] = {table.name: table for table in _ALL}
"""Every canonical table by name, in the order of the reference."""
