"""The commands about what people say: `explain`, `items`, `sign`, `history`."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated

import typer

from close_library.cli.options import (
    MENDABLE,
    AsJson,
    Notebooks,
    Outputs,
    Parameters,
    PeriodArgument,
    Programs,
    Workpapers,
    out,
    print_json,
    print_json_of,
)
from close_library.errors import Fault, ParameterError

_PERIOD = re.compile(r"\d{4}-\d{2}")

By = Annotated[str, typer.Option("--by", metavar="NAME", help="Who says it.", show_default="the user of this machine")]
Wait = Annotated[
    float, typer.Option(metavar="SECONDS", min=0, help="How long to wait for another command about the same period.")
]


def explain(
    words: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[PERIOD] [SUBJECT] [TEXT]",
            help="The month, what is explained (as the list names it), and the explanation. An empty text withdraws it.",
            show_default=False,
        ),
    ] = None,
    program: Programs = None,
    workpaper: Workpapers = None,
    by: By = "",
    take_over: Annotated[
        bool,
        typer.Option(
            "--take-over", metavar="", help="Say the suggestions of earlier periods again, or that of SUBJECT."
        ),
    ] = False,
    from_file: Annotated[
        Path | None, typer.Option("--from", metavar="FILE.xlsx", help="Read a workpaper's filled-in workbook back.")
    ] = None,
    parameters: Parameters = Path("parameters"),
    outputs: Outputs = Path("outputs"),
    notebooks: Notebooks = None,
    wait: Wait = 5,
    as_json: AsJson = False,
) -> None:
    """List what asks for an explanation, or explain it: findings, open tie-outs, flux lines.

    An explanation is bound to the amount that it explains; when that changes, it is stale.
    """
    from close_library.cli.printing import print_asked, print_told, say
    from close_library.run.planning.prepare import Request, prepare
    from close_library.run.speaking import explaining
    from close_library.run.speaking.filled_in import read_filled_in
    from close_library.run.speaking.read_back import read_back
    from close_library.run.speaking.saying import operating_user

    period, said = _period_of(words or [])
    file = read_filled_in(from_file) if from_file else None
    if file and (said or take_over):
        raise _usage(
            "--from FILE.xlsx", "a subject beside it", "the workbook alone", "leave the subject and the text out"
        )
    if file and not period:
        period = file.identity.get("close_period", "")
    prepared = prepare(Request(parameters, outputs, notebooks, period, tuple(program or ()), tuple(workpaper or ())))
    who = by.strip() if by else operating_user()
    if file:
        told = read_back(prepared, file, who, wait)
        print_json({"recorded": [each.as_data() for each in told]}) if as_json else print_told(out, told)
        return
    if take_over:
        adopted = explaining.take_over(prepared, said, who, wait)
    elif len(said) == 2:
        adopted = [explaining.explain(prepared, said[0], said[1], who, wait)]
    elif said:
        found = f"{said[0]} without a text" if len(said) == 1 else f"{len(said)} texts"
        raise _usage("close explain", found, "SUBJECT and TEXT", 'write close explain SUBJECT "the explanation"')
    else:
        adopted = []
    shown = adopted if said or take_over else explaining.asked(prepared)
    if as_json:
        print_json_of(prepared, {"subjects": [each.as_data() for each in shown]})
    elif take_over and not adopted:
        say(out, "There is no suggestion to take over.")
    else:
        print_asked(out, shown)


def items(
    period: PeriodArgument = "",
    program: Programs = None,
    workpaper: Workpapers = None,
    assign: Annotated[str, typer.Option("--assign", metavar="ITEM", help="The item to look after.")] = "",
    owner: Annotated[str | None, typer.Option(metavar="NAME", help="Who looks after it.", show_default=False)] = None,
    action: Annotated[str | None, typer.Option(metavar="TEXT", help="What is done.", show_default=False)] = None,
    by: By = "",
    parameters: Parameters = Path("parameters"),
    outputs: Outputs = Path("outputs"),
    notebooks: Notebooks = None,
    wait: Wait = 5,
    as_json: AsJson = False,
) -> None:
    """List the reconciling items with their age, owner and action; or assign one."""
    from close_library.cli.printing import print_items
    from close_library.run.planning.prepare import Request, prepare
    from close_library.run.speaking import following_up
    from close_library.run.speaking.saying import operating_user

    if not assign and (owner is not None or action is not None):
        raise _usage("--owner and --action", "no item", "the item that they are about", "give --assign ITEM")
    prepared = prepare(Request(parameters, outputs, notebooks, period, tuple(program or ()), tuple(workpaper or ())))
    if assign:
        listed = [following_up.assign(prepared, assign, owner, action, by.strip() if by else operating_user(), wait)]
    else:
        listed = following_up.open_items(prepared)
    if as_json:
        print_json_of(prepared, {"items": [each.as_data() for each in listed]})
    else:
        print_items(out, listed)


def sign(
    period: PeriodArgument = "",
    program: Programs = None,
    workpaper: Workpapers = None,
    role: Annotated[
        str,
        typer.Option(
            "--as", metavar="ROLE", help="preparer or reviewer; who rejects is a reviewer.", show_default=False
        ),
    ] = "",
    by: By = "",
    everything: Annotated[
        bool, typer.Option("--all", metavar="", help="Every workpaper of the period, where none is named.")
    ] = False,
    reject: Annotated[
        bool, typer.Option("--reject", metavar="", help="Withdraw the sign-offs instead; needs --reason.")
    ] = False,
    reason: Annotated[str, typer.Option(metavar="TEXT", help="Why it is rejected.", show_default=False)] = "",
    parameters: Parameters = Path("parameters"),
    outputs: Outputs = Path("outputs"),
    notebooks: Notebooks = None,
    wait: Wait = 5,
    as_json: AsJson = False,
) -> None:
    """Sign workpapers as preparer or reviewer, each for the document as it is now; or reject them.

    Each is signed by itself: what can't be signed is named with the reason, and the others are signed all the same.
    """
    from close_library.cli.printing import print_signings
    from close_library.run.planning.prepare import Request, prepare
    from close_library.run.speaking import signing
    from close_library.run.speaking.saying import operating_user

    role = role or ("reviewer" if reject else "")
    if role not in ("preparer", "reviewer"):
        raise _usage("--as", role or "nothing", "preparer or reviewer", "say as what you sign")
    if bool(reason) != reject:
        found = "a reason without --reject" if reason else "no reason"
        raise _usage("--reject and --reason", found, "both or none", 'give --reject --reason "what is to be mended"')
    if not (program or workpaper or everything):
        do = "give --workpaper REF, --program P or --all"
        raise _usage("close sign", "no workpaper is named", "the workpapers to sign", do)
    prepared = prepare(Request(parameters, outputs, notebooks, period, tuple(program or ()), tuple(workpaper or ())))
    who = by.strip() if by else operating_user()
    asked = signing.Request("preparer" if role == "preparer" else "reviewer", who, reason if reject else None)
    signings = signing.sign(prepared, asked, wait)
    error = signing.refusal(signings, "rejected" if reject else "signed")
    if as_json:
        facts = {"as": role, "by": who, "workpapers": [each.as_data() for each in signings]}
        print_json_of(prepared, facts | ({"error": error.as_data()} if error else {}))
    else:
        print_signings(out, signings)
    if error:
        typer.echo(f"\n{error}", err=True)
        raise typer.Exit(MENDABLE)


def history(
    period: Annotated[str, typer.Argument(help="Only this month.", show_default=False)] = "",
    program: Annotated[str, typer.Option("--program", "-p", metavar="P", help="Only this program.")] = "",
    workpaper: Annotated[str, typer.Option("--workpaper", "-w", metavar="REF", help="Only this workpaper.")] = "",
    verify: Annotated[
        bool,
        typer.Option("--verify", metavar="", help="Read and hash every event again: nothing changed, nothing missing."),
    ] = False,
    parameters: Parameters = Path("parameters"),
    outputs: Outputs = Path("outputs"),
    as_json: AsJson = False,
) -> None:
    """Show what was said, by whom and when; or verify that the record is as it was written."""
    from close_library.cli.printing import print_events, say
    from close_library.money import counted
    from close_library.run.speaking.history import event_as_data, verify_history
    from close_library.run.speaking.history import history as events_of

    if verify:
        head = verify_history(parameters, outputs)
        if as_json:
            print_json({"verified": True, "events": head.events, "head": head.hash})
        else:
            say(
                out,
                f"{counted(head.events, 'event')}, each as it was written."
                + (f" Head {head.hash}" if head.hash else ""),
            )
        return
    events = events_of(parameters, outputs, period, program, workpaper)
    print_json({"events": [event_as_data(each) for each in events]}) if as_json else print_events(out, events)


def _period_of(words: list[str]) -> tuple[str, list[str]]:
    """The period that stands first among the words, and the other words."""
    if words and _PERIOD.fullmatch(words[0]):
        return words[0], words[1:]
    return "", words


def _usage(where: str, found: str, expected: str, do: str) -> ParameterError:
    return ParameterError("the command can't be understood.", [Fault(where, found, expected, do)])
