"""What the commands share: their options, the two consoles, and how facts are printed as JSON."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console

if TYPE_CHECKING:
    from close_library.run.planning.prepare import Prepared

OURS, MENDABLE, STRICT = 1, 2, 3
"""Exit codes: a bug of ours, something that the user can mend, something open with `--strict`."""

out = Console()
err = Console(stderr=True)

PeriodArgument = Annotated[
    str,
    typer.Argument(help="The month to close, such as 2026-10. Left out: the latest in the books.", show_default=False),
]
Programs = Annotated[
    list[str] | None,
    typer.Option("--program", "-p", metavar="P", help="Only this program (again for more; _company for the company)."),
]
Workpapers = Annotated[
    list[str] | None,
    typer.Option("--workpaper", "-w", metavar="REF", help="Only this workpaper, by ref or name (again for more)."),
]
Parameters = Annotated[Path, typer.Option(metavar="DIR", help="The folder that holds company.yaml.")]
Outputs = Annotated[
    Path, typer.Option(metavar="DIR", help="Where the books and reports go; `run` takes a storage too.")
]
Notebooks = Annotated[
    Path | None,
    typer.Option(
        metavar="DIR", help="The folder of the workpapers' notebooks.", show_default="./notebooks, else the project's"
    ),
]
AsJson = Annotated[bool, typer.Option("--json", metavar="", help="Print one JSON object instead of tables.")]


def print_json(value: dict[str, Any]) -> None:
    """Print facts as one JSON object."""
    whole = (sys.stdout.encoding or "").lower().replace("-", "") == "utf8"
    sys.stdout.write(json.dumps(value, indent=2, ensure_ascii=not whole, default=str) + "\n")


def print_json_of(prepared: Prepared, facts: dict[str, Any]) -> None:
    """Print facts about a period as one JSON object that says whose they are."""
    print_json({"company": prepared.settings.company, "period": str(prepared.period), **facts})
