"""The chart of accounts, and the balances with which the ledger opens in January."""

from __future__ import annotations

from decimal import Decimal

ACCOUNTS = (
    ("1000", "Cash", "asset", "Cash"),
    ("1050", "Card processor clearing", "asset", "Cash"),
    ("1200", "Accounts receivable", "asset", "Receivables"),
    ("1250", "Unbilled receivables", "asset", "Contract assets"),
    ("1300", "Vendor claims", "asset", "Other assets"),
    ("2000", "Accounts payable, vendors", "liability", "Payables"),
    ("2100", "Accrued vendor cost", "liability", "Payables"),
    ("2200", "Sales tax payable", "liability", "Other liabilities"),
    ("2300", "Accrued liabilities", "liability", "Other liabilities"),
    ("2400", "Deferred revenue", "liability", "Contract liabilities"),
    ("3000", "Common stock", "equity", "Equity"),
    ("3900", "Retained earnings", "equity", "Equity"),
    ("4000", "Data services revenue", "revenue", "Revenue"),
    ("4010", "Subscription revenue", "revenue", "Revenue"),
    ("4900", "Cash discounts given", "revenue", "Revenue"),
    ("5000", "Rater and vendor cost", "expense", "Cost of revenue"),
    ("6000", "Salaries and benefits", "expense", "Operating expense"),
    ("6100", "Rent", "expense", "Operating expense"),
    ("6200", "Cloud services", "expense", "Operating expense"),
    ("6300", "Card processor fees", "expense", "Operating expense"),
    ("6400", "Travel", "expense", "Operating expense"),
    ("6500", "Bad debt", "expense", "Operating expense"),
    ("7000", "Foreign exchange gain and loss", "expense", "Other"),
)
OPENING = {"1000": Decimal("4250000.00"), "3000": Decimal("-3000000.00"), "3900": Decimal("-1250000.00")}
