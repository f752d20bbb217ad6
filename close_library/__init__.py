"""The close and audit workbook: what a notebook imports.

The rooms, in import order: `errors`, `money`, `period`, `parameters`, `tables`, `sources`, `books`,
`evidence`, `accounting`, `workpaper`, `record`, `report`, `run`, `cli`. A module imports only from rooms
before its own.
"""
