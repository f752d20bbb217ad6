"""Saying something of a period: explanations, reconciling items, signatures, and the record's history."""
