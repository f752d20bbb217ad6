"""The nouns of a workpaper: scope, population, figure, tie-out, finding, schedule, result.

A figure is never a bare number: it has the population of source rows that makes it up, or it is a ratio of
figures. Nothing here knows Jupyter, files or how a report looks.
"""

from close_library.evidence.checks import TICKS, Finding, TieOut
from close_library.evidence.figures import (
    POPULATION_COLUMNS,
    POPULATION_ORDER,
    Computed,
    Figure,
    Population,
    Scope,
)
from close_library.evidence.results import Result
from close_library.evidence.schedules import Chart, Part, Table, cells_of

__all__ = [
    "POPULATION_COLUMNS",
    "POPULATION_ORDER",
    "TICKS",
    "Chart",
    "Computed",
    "Figure",
    "Finding",
    "Part",
    "Population",
    "Result",
    "Scope",
    "Table",
    "TieOut",
    "cells_of",
]
