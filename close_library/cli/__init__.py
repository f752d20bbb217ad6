"""The command line: what can be typed. `running` runs and shows, `saying` takes down what people say,
`sealing` seals and verifies binders.

Exit codes: 0 done (findings are not a failure), 1 a bug of ours, 2 something that you can mend, 3 with
`--strict` when a workpaper is open or failed, 130 when you stopped it.
"""

from __future__ import annotations

import codecs
import io
import sys
import tempfile
import traceback

import typer

from close_library.cli import running, saying, sealing
from close_library.cli.options import MENDABLE, OURS, print_json
from close_library.errors import CloseError

app = typer.Typer(
    name="close",
    help="Close a period: prove the balances of the books and write reports that an auditor can re-perform.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
)
app.command(epilog="Example: close run 2026-10 --program atlas --workpaper 20")(running.run)
app.command(epilog="Example: close check --parameters ../other/parameters")(running.check)
app.command("list", epilog="Example: close list --program atlas")(running.list_plan)
app.command(epilog="Example: close status 2026-10")(running.status)
app.command(epilog='Example: close explain 2026-10 -p atlas -w 40 SUBJECT "New task type since 5 October" --by Ana')(
    saying.explain
)
app.command(epilog="Example: close items 2026-10 --assign INV-17 --owner Ana --action 'ask the customer'")(saying.items)
app.command(epilog="Example: close sign 2026-10 --program atlas --workpaper 20 --as preparer --by Ana")(saying.sign)
app.command(epilog="Example: close history 2026-10 --verify")(saying.history)
app.command(epilog="Example: close binder 2026-10 --key ~/close-key.pem")(sealing.binder)
app.command(epilog="Example: close verify outputs/meridian/binders/meridian_2026-10.binder.zip")(sealing.verify)
app.command(epilog="Example: close sample outputs/_sample/tables --seed 1")(running.sample)


_PLAIN = "close-plain"
_INSTEAD = {"✓": "+", "✗": "x", "·": "-", "–": "-", "—": "-", "−": "-", "…": "...", "“": '"', "”": '"', "→": "->"}


def _plainly(error: UnicodeError) -> tuple[str, int]:
    """What a terminal that knows only ASCII shows for a sign that it doesn't have."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return "".join(_INSTEAD.get(sign, "?") for sign in error.object[error.start : error.end]), error.end


codecs.register_error(_PLAIN, _plainly)


def main() -> None:
    """The command `close`: what goes wrong is said in a few lines, never as a traceback."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors=_PLAIN)
    try:
        app()
    except CloseError as error:
        if "--json" in sys.argv:
            print_json({"error": error.as_data()})
        print(error, file=sys.stderr)
        sys.exit(MENDABLE)
    except Exception as error:  # the last resort: said in one line, kept in a file
        with tempfile.NamedTemporaryFile("w", prefix="close-", suffix=".log", delete=False, encoding="utf-8") as log:
            traceback.print_exc(file=log)
        print(
            f"This is a bug of ours: {type(error).__name__}: {error}\nThe traceback is in {log.name}", file=sys.stderr
        )
        sys.exit(OURS)
