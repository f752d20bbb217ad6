"""The commands that run and show: `run`, `check`, `list`, `status`, `sample`."""

from __future__ import annotations

import signal
import sys
from contextlib import nullcontext
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from close_library.cli.options import (
    MENDABLE,
    OURS,
    STRICT,
    AsJson,
    Notebooks,
    Outputs,
    Parameters,
    PeriodArgument,
    Programs,
    Workpapers,
    err,
    out,
    print_json,
    print_json_of,
)
from close_library.errors import Fault, ParameterError


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
        bool, typer.Option("--force", metavar="", help="Seal the books and run every workpaper again, changed or not.")
    ] = False,
    strict: Annotated[
        bool, typer.Option("--strict", metavar="", help="Exit with 3 when a workpaper of the period is open or failed.")
    ] = False,
    timeout: Annotated[
        int, typer.Option(metavar="SECONDS", min=1, help="The longest that a notebook may take.")
    ] = 1800,
    wait: Annotated[
        float, typer.Option(metavar="SECONDS", min=0, help="How long to wait for another run of the same period.")
    ] = 0,
    cluster: Annotated[
        str,
        typer.Option(metavar="ADDRESS", help="Execute on a Dask cluster: tcp://host:8786, tls://host:8786, or local."),
    ] = "",
    as_json: AsJson = False,
) -> None:
    """Close a period: seal the books, execute the workpapers, write the reports and their index."""
    from close_library.run.close import run_close
    from close_library.run.execution.storage import outputs_here
    from close_library.run.planning.prepare import Request
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
        cluster,
    )
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _stop)
    try:
        with (
            Bar(err) if err.is_terminal and not as_json else nullcontext(Lines(err)) as reporter,
            outputs_here(request) as here,
        ):
            result = run_close(here, reporter)
    except KeyboardInterrupt:
        print("Stopped. What was finished is kept; the next run goes on from a clean state.", file=sys.stderr)
        raise
    error = result.error()
    if as_json:
        print_json(result_as_data(result) | ({"error": error.as_data()} if error else {}))
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


def check(
    period: PeriodArgument = "",
    parameters: Parameters = Path("parameters"),
    notebooks: Notebooks = None,
    as_json: AsJson = False,
) -> None:
    """Read and check all sources, parameters and notebooks; write nothing."""
    from close_library.run.planning.checking import check_as_data, check_everything, print_check
    from close_library.run.planning.prepare import Request

    checked = check_everything(Request(parameters=parameters, notebooks=notebooks, period=period))
    print_json(check_as_data(checked)) if as_json else print_check(out, checked)


def list_plan(
    period: PeriodArgument = "",
    program: Programs = None,
    workpaper: Workpapers = None,
    parameters: Parameters = Path("parameters"),
    notebooks: Notebooks = None,
    as_json: AsJson = False,
) -> None:
    """Show the plan: every workpaper, for whom it runs, and the tables that it reads."""
    from close_library.run.planning.prepare import Request, prepare
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
        print_json(plan_as_data(prepared.plan, str(prepared.period), notices))
    else:
        print_plan(out, prepared.plan, notices)


def status(
    period: PeriodArgument = "",
    parameters: Parameters = Path("parameters"),
    outputs: Outputs = Path("outputs"),
    notebooks: Notebooks = None,
    long: Annotated[
        bool, typer.Option("--long", metavar="", help="One line a workpaper, with who signed it and when.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Show where a period stands: every workpaper of every program, run or not, and its sign-off."""
    from close_library.cli.printing import print_sign_offs, say, sign_offs_in_words
    from close_library.run.freshness.pending import pending_work
    from close_library.run.planning.prepare import Request, prepare
    from close_library.run.speaking.saying import record_doubt, sign_offs
    from close_library.run.status import standings
    from close_library.run.summary import counts_of, in_words, print_matrix, print_pending

    prepared = prepare(Request(parameters=parameters, outputs=outputs, notebooks=notebooks, period=period))
    standing = standings(prepared.folder, prepared.plan, pending_work(prepared))
    signed, doubt = sign_offs(prepared), record_doubt(prepared)
    counts = counts_of(each.status for each in standing)
    if as_json:
        listed = [each.as_data() | {"sign_off": signed.get((each.program, each.ref))} for each in standing]
        facts = {"statuses": counts, "workpapers": listed}
        print_json_of(prepared, facts | ({"record": doubt} if doubt else {}))
        return
    if long:
        print_sign_offs(out, standing, signed)
    else:
        print_matrix(out, standing, {place: each["state"] for place, each in signed.items()})
    say(out, f"\n{prepared.settings.name} · {prepared.period}: {in_words(counts)}.")
    say(out, sign_offs_in_words(standing, signed))
    if doubt:
        say(out, doubt)
    print_pending(out, standing)


def sample(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="The folder for the tables.")],
    seed: Annotated[int, typer.Option(metavar="N", help="The same seed gives the same bytes.")] = 1,
    scale: Annotated[str, typer.Option(metavar="X", help="How much business, such as 0.5 or 10.")] = "1",
    as_json: AsJson = False,
) -> None:
    """Write the tables of a believable company, with planted problems, to try everything on."""
    from close_library.run.files.disk import writing_to
    from close_library.sample import write_sample

    with writing_to(folder):
        write_sample(folder, seed, _scale(scale))
    files = sorted(path for path in folder.iterdir() if path.is_file())
    if as_json:
        print_json({"folder": str(folder), "seed": seed, "scale": scale, "files": [path.name for path in files]})
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


def _stop(number: int, frame: object) -> NoReturn:
    """End as if stopped by hand, so that nothing is left running; whoever asks again waits until all is tidied up."""
    for again in (signal.SIGINT, signal.SIGTERM):
        signal.signal(again, signal.SIG_IGN)
    raise KeyboardInterrupt
