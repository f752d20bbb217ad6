"""What customers owe: the subledger, its tie to the ledger, its roll-forward, its age, its collection."""
