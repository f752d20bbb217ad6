"""The command line: `close run`, `check`, `list`, `status`, `sample`.

Exit codes: 0 done (findings are not a failure), 1 a bug of ours, 2 something that you can mend, 3 with
`--strict` when a workpaper is open or failed, 130 when you stopped it.
"""

from __future__ import annotations

import json
import signal
import sys
import tempfile
import traceback
from contextlib import nullcontext
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer
from rich.console import Console

from close_library.errors import CloseError, Fault, ParameterError

OURS, MENDABLE, STRICT = 1, 2, 3

app = typer.Typer(
    name="close",
    help="Close a period: prove the balances of the books and write reports that an auditor can re-perform.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
)
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
Outputs = Annotated[Path, typer.Option(metavar="DIR", help="Where the books and reports go.")]
Notebooks = Annotated[
    Path | None,
    typer.Option(
        metavar="DIR", help="The folder of the workpapers' notebooks.", show_default="./notebooks, else the project's"
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object instead of tables.")]


@app.command(epilog="Example: close run 2026-10 --program atlas --workpaper 20")
def run(
    period: PeriodArgument = "",
    program: Programs = None,
    workpaper: Workpapers = None,
    parameters: Parameters = Path("parameters"),
    outputs: Outputs = Path("outputs"),
    notebooks: Notebooks = None,
    workers: Annotated[
        int, typer.Option(metavar="N", min=0, help="Notebooks at once; 0 is one for each processor.")
    ] = 0,
    force: Annotated[
        bool, typer.Option("--force", help="Seal the books again even when no source has changed.")
    ] = False,
    strict: Annotated[
        bool, typer.Option("--strict", help="Exit with 3 when a workpaper of the period is open or failed.")
    ] = False,
    timeout: Annotated[
        int, typer.Option(metavar="SECONDS", min=1, help="The longest that a notebook may take.")
    ] = 1800,
    wait: Annotated[
        float, typer.Option(metavar="SECONDS", min=0, help="How long to wait for another run of the same period.")
    ] = 0,
    as_json: AsJson = False,
) -> None:
    """Close a period: seal the books, execute the workpapers, write the reports and their index."""
    from close_library.run.close import run_close
    from close_library.run.prepare import Request
    from close_library.run.progress import Bar, Lines
    from close_library.run.summary import print_result, result_as_data

    request = Request(
        parameters,
        outputs,
        notebooks,
        period,
        tuple(program or ()),
        tuple(workpaper or ()),
        workers,
        timeout,
        wait,
        force,
    )
    signal.signal(signal.SIGTERM, _stop)
    try:
        with Bar(err) if err.is_terminal and not as_json else nullcontext(Lines(err)) as reporter:
            result = run_close(request, reporter)
    except KeyboardInterrupt:
        print("Stopped. What was finished is kept; the next run goes on from a clean state.", file=sys.stderr)
        raise
    error = result.error()
    if as_json:
        _print_json(result_as_data(result) | ({"error": error.as_data()} if error else {}))
    else:
        print_result(out, result)
    if error:
        print(f"\n{error}", file=sys.stderr)
        ours = any(outcome.ours for outcome in result.failed)
        if ours:
            print(f"\nThis is a bug of ours. The traceback is in {result.log}", file=sys.stderr)
        raise typer.Exit(OURS if ours else MENDABLE)
    if strict and result.open_in_period:
        raise typer.Exit(STRICT)


@app.command(epilog="Example: close check --parameters ../other/parameters")
def check(
    period: PeriodArgument = "",
    parameters: Parameters = Path("parameters"),
    notebooks: Notebooks = None,
    as_json: AsJson = False,
) -> None:
    """Read and check all sources, parameters and notebooks; write nothing."""
    from close_library.run.checking import check_as_data, check_everything, print_check
    from close_library.run.prepare import Request

    checked = check_everything(Request(parameters=parameters, notebooks=notebooks, period=period))
    _print_json(check_as_data(checked)) if as_json else print_check(out, checked)


@app.command("list", epilog="Example: close list --program atlas")
def list_plan(
    period: PeriodArgument = "",
    program: Programs = None,
    workpaper: Workpapers = None,
    parameters: Parameters = Path("parameters"),
    notebooks: Notebooks = None,
    as_json: AsJson = False,
) -> None:
    """Show the plan: every workpaper, for whom it runs, and the tables that it reads."""
    from close_library.run.prepare import Request, prepare
    from close_library.run.summary import plan_as_data, print_plan

    prepared = prepare(
        Request(
            parameters=parameters,
            notebooks=notebooks,
            period=period,
            programs=tuple(program or ()),
            workpapers=tuple(workpaper or ()),
        )
    )
    notices = prepared.notebooks.notices
    if as_json:
        _print_json(plan_as_data(prepared.plan, str(prepared.period), notices))
    else:
        print_plan(out, prepared.plan, notices)


@app.command(epilog="Example: close status 2026-10")
def status(
    period: PeriodArgument = "",
    parameters: Parameters = Path("parameters"),
    outputs: Outputs = Path("outputs"),
    notebooks: Notebooks = None,
    as_json: AsJson = False,
) -> None:
    """Show where a period stands: every workpaper of every program, run or not."""
    from close_library.run.prepare import Request, prepare
    from close_library.run.status import standings
    from close_library.run.summary import counts_of, in_words, print_matrix

    prepared = prepare(Request(parameters=parameters, outputs=outputs, notebooks=notebooks, period=period))
    standing = standings(prepared.folder, prepared.plan)
    counts = counts_of(each.status for each in standing)
    if as_json:
        _print_json(
            {
                "company": prepared.settings.company,
                "period": str(prepared.period),
                "statuses": counts,
                "workpapers": [each.as_data() for each in standing],
            }
        )
        return
    print_matrix(out, standing)
    out.print(f"\n{prepared.settings.name} · {prepared.period}: {in_words(counts)}.", markup=False, highlight=False)


@app.command(epilog="Example: close sample outputs/_sample/tables --seed 1")
def sample(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="The folder for the tables.")],
    seed: Annotated[int, typer.Option(metavar="N", help="The same seed gives the same bytes.")] = 1,
    scale: Annotated[str, typer.Option(metavar="X", help="How much business, such as 0.5 or 10.")] = "1",
    as_json: AsJson = False,
) -> None:
    """Write the tables of a believable company, with planted problems, to try everything on."""
    from close_library.run.disk import writing_to
    from close_library.sample import write_sample

    with writing_to(folder):
        write_sample(folder, seed, _scale(scale))
    files = sorted(path for path in folder.iterdir() if path.is_file())
    if as_json:
        _print_json({"folder": str(folder), "seed": seed, "scale": scale, "files": [path.name for path in files]})
    else:
        out.print(f"{len(files)} files in {folder}", markup=False, highlight=False, soft_wrap=True)


def _scale(text: str) -> Decimal:
    try:
        scale = Decimal(text)
    except InvalidOperation:
        scale = Decimal(0)
    if not scale.is_finite() or scale <= 0:
        raise ParameterError(
            "the scale is not a number.", [Fault("--scale", text, "a number above zero, such as 0.5 or 10")]
        )
    return scale


def _print_json(value: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(value, indent=2, ensure_ascii=False, default=str) + "\n")


def _stop(number: int, frame: object) -> NoReturn:
    """End as if stopped by hand, so that nothing is left running."""
    raise KeyboardInterrupt


def main() -> None:
    """The command `close`: what goes wrong is said in a few lines, never as a traceback."""
    try:
        app()
    except CloseError as error:
        if "--json" in sys.argv:
            _print_json({"error": error.as_data()})
        print(error, file=sys.stderr)
        sys.exit(MENDABLE)
    except Exception as error:  # the last resort: said in one line, kept in a file
        with tempfile.NamedTemporaryFile("w", prefix="close-", suffix=".log", delete=False, encoding="utf-8") as log:
            traceback.print_exc(file=log)
        print(
            f"This is a bug of ours: {type(error).__name__}: {error}\nThe traceback is in {log.name}", file=sys.stderr
        )
        sys.exit(OURS)
