"""What people said of a period, as a run and its reports see it."""
