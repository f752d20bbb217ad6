"""The commands that seal a period and verify what was sealed: `binder`, `verify`."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from close_library.cli.options import (
    MENDABLE,
    STRICT,
    AsJson,
    Notebooks,
    Outputs,
    Parameters,
    PeriodArgument,
    err,
    out,
    print_json,
)
from close_library.money import counted

if TYPE_CHECKING:
    from close_library.binder.verifying import Verified

DIFFERENCES_SHOWN = 50


def binder(
    period: PeriodArgument = "",
    parameters: Parameters = Path("parameters"),
    outputs: Outputs = Path("outputs"),
    notebooks: Notebooks = None,
    key: Annotated[Path | None, typer.Option("--key", metavar="FILE", help="Sign with this Ed25519 key (PEM).")] = None,
    make_key: Annotated[
        Path | None,
        typer.Option("--new-key", metavar="FILE", help="Make a key, keep it in this file, and sign with it."),
    ] = None,
    to: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Where the binder goes.", show_default="outputs/<company>/binders/"),
    ] = None,
    wait: Annotated[
        float, typer.Option(metavar="SECONDS", min=0, help="How long to wait for a run of the same period.")
    ] = 0,
    as_json: AsJson = False,
) -> None:
    """Seal a closed period into one file that an outsider can verify and perform again."""
    from close_library.binder.changes import sentence
    from close_library.binder.sealing import seal_binder
    from close_library.binder.signature import new_key, read_key
    from close_library.errors import Fault, ParameterError
    from close_library.run.planning.prepare import Request

    if key and make_key:
        raise ParameterError("one key signs a binder.", [Fault("--key, --new-key", "both", "one of them")])
    signing = read_key(key) if key else new_key(make_key) if make_key else None
    request = Request(parameters, outputs, notebooks, period, wait=wait)
    with _reporter(as_json) as reporter:
        sealed = seal_binder(request, signing, reporter, to)
    if as_json:
        print_json(
            {
                "binder": str(sealed.path),
                "sha256": sealed.hash,
                "files": sealed.files,
                "key": sealed.fingerprint,
                "prior": sealed.prior.as_data() if sealed.prior else None,
                "changes": [change.as_data() for change in sealed.changes],
            }
        )
        return
    _say(f"{sealed.path}: {sealed.files:,} files, hash {sealed.hash}")
    _say(f"Signed by the key {sealed.fingerprint}." if sealed.fingerprint else "Not signed: no --key was given.")
    _say(f"It follows the binder of {sealed.prior.period}." if sealed.prior else "It is the first of its chain.")
    if sealed.prior and sealed.prior.fingerprint != sealed.fingerprint:
        _say(f"That one was sealed with another key: {sealed.prior.fingerprint or 'none'}.")
    settings = [change for change in sealed.changes if change.kind == "setting"]
    for change in settings:
        origin = f" ({change.origin})" if change.origin else ""
        _say(f"{change.direction.capitalize()} since: {sentence(change.as_data())}{origin}.")
    others = len(sealed.changes) - len(settings)
    if others:
        _say(f"Of notebooks, packages and the library {others:,} changed since; binder.pdf lists each.")


def verify(
    file: Annotated[Path, typer.Argument(metavar="BINDER", help="The .binder.zip file.")],
    fingerprint: Annotated[
        str | None,
        typer.Option(metavar="HEX", help="The key that must have signed it, by its fingerprint.", show_default=False),
    ] = None,
    prior: Annotated[
        Path | None, typer.Option(metavar="BINDER", help="The binder before.", show_default="looked for beside it")
    ] = None,
    seal_only: Annotated[
        bool, typer.Option("--seal-only", metavar="", help="Check the seal, and perform nothing again.")
    ] = False,
    trust_notebooks: Annotated[
        bool,
        typer.Option(
            "--trust-notebooks",
            metavar="",
            help="Execute notebooks that are not this product's own too: they can do anything on this machine.",
        ),
    ] = False,
    workers: Annotated[
        int, typer.Option(metavar="N", min=0, help="Notebooks at once; 0 is one for each processor.")
    ] = 0,
    as_json: AsJson = False,
) -> None:
    """Check every byte of a binder, execute all its notebooks again and name each difference; exit code 3 when there is one."""
    from close_library.binder.signature import read_fingerprint
    from close_library.binder.verifying import verify_binder

    trusted = "" if fingerprint is None else read_fingerprint(fingerprint)
    with _reporter(as_json) as reporter:
        verified = verify_binder(
            file,
            reporter,
            trusted=trusted,
            prior=prior,
            seal_only=seal_only,
            trust_notebooks=trust_notebooks,
            workers=workers,
        )
    refusal = verified.refusal
    if as_json:
        print_json({**verified.as_data(), **({"error": refusal.as_data()} if refusal else {})})
    else:
        _print_verdict(verified, seal_only)
    if verified.verdict.differences:
        raise typer.Exit(STRICT)
    if refusal:
        typer.echo(f"\n{refusal}", err=True)
        raise typer.Exit(MENDABLE)


def _print_verdict(verified: Verified, seal_only: bool) -> None:
    """What was verified, what was performed again, what to know, and each difference."""
    verdict = verified.verdict
    _say(f"{verified.company} {verified.period}, hash {verified.hash}" if verified.hash else str(verified.binder))
    shown = verdict.differences[:DIFFERENCES_SHOWN]
    more = len(verdict.differences) - len(shown)
    parts = (
        ("Verified", "✓", verdict.held),
        ("Performed again", "✓", verdict.performed),
        ("To know", "·", verdict.notes),
        ("Not as it was sealed", "✗", [f"{each.place}: {each.what}" for each in shown]),
        ("", "✗", [f"… and {more:,} more; --json lists all."] if more > 0 else []),
    )
    for title, mark, sentences in parts:
        if title and sentences:
            _say(f"\n{title}")
        for sentence in sentences:
            _say(f"{mark} {sentence}")
    _say("")
    count = len(verdict.differences)
    if count:
        _say(f"{counted(count, 'difference')}.")
    elif seal_only or verified.refusal:
        _say("The binder is whole: not a byte was changed since it was sealed. Nothing was performed again.")
    else:
        _say("The binder is whole, and everything came out again.")


def _reporter(as_json: bool) -> Any:
    from close_library.run.progress import Bar, Lines

    return Bar(err) if err.is_terminal and not as_json else nullcontext(Lines(err))


def _say(text: str) -> None:
    out.print(text, markup=False, highlight=False, soft_wrap=True)
