"""Whether the sources were read whole and the ledger is complete and in order."""
