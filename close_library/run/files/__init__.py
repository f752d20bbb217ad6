"""Files of a run: whole or not at all, under one lock, with the disk's refusals said and nothing left behind."""
