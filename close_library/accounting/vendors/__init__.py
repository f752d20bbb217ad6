"""Raters and vendors: what approved work is owed, what was invoiced and paid."""
