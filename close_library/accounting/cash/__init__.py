"""Matching, and cash from the processor to the bank and the ledger."""
