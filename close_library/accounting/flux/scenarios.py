"""Which scenarios there are in which month: what every program is compared with, also one that has no row of its own.

It belongs to no program, so it is a schedule that all of them see, and a program's workpaper changes when a scenario appears
or goes, but not when another program's budget changes.
"""

from __future__ import annotations

SCENARIOS = "SELECT DISTINCT period, scenario, CAST(NULL AS VARCHAR) AS owner FROM budgets"
"""One row a month and scenario: period, scenario, owner (always NULL)."""
