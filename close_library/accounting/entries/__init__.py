"""What to book: entries that bring the ledger to what was computed, with their support."""
