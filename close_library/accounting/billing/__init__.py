"""The invoicing team's work: the review of invoices, and the calendar of its steps."""
