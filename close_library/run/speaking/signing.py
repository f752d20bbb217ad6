"""Signing workpapers: each by itself, those that hold are signed, the others are refused with the reason."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from close_library.errors import CloseError, Fault, RecordError
from close_library.record import Role, SignedItem
from close_library.run.freshness.fresh import Decision
from close_library.run.freshness.pending import pending_work
from close_library.run.gathering.signed_rows import row_digests
from close_library.run.planning.prepare import Prepared
from close_library.run.said.subjects import items_of, subjects_of
from close_library.run.speaking.saying import Conversation, Paper, speaking
from close_library.workpaper.document import document_digest


@dataclass(frozen=True)
class Request:
    """What is to be signed as what, by whom; a reason makes it a rejection."""

    role: Role
    by: str
    reason: str | None = None


@dataclass(frozen=True)
class Signing:
    """What came of one workpaper: `signed`, `rejected`, `already` signed, `skipped` (not applicable) or `refused`."""

    program: str
    ref: str
    name: str
    result: Literal["signed", "rejected", "already", "skipped", "refused"]
    why: str = ""
    faults: tuple[Fault, ...] = ()

    def as_data(self) -> dict[str, Any]:
        """For `--json`."""
        return {key: value for key, value in vars(self).items() if key != "faults"}


def sign(prepared: Prepared, request: Request, wait: float = 0) -> list[Signing]:
    """Sign (or reject) every workpaper of the plan, in the order of the plan. Raises CloseError when nothing can be said.

    A refused one does not keep the others from being signed.
    """
    with speaking(prepared, wait) as conversation:
        pending = pending_work(prepared, look_at_sources=False)
        return [
            _signed(conversation, paper, request, _not_signable(paper, pending[paper.place], request))
            for paper in conversation.papers
        ]


def refusal(signings: Sequence[Signing], done: str = "signed") -> RecordError | None:
    """The error that names every workpaper that can't be signed (or `rejected`), or None."""
    refused = [each for each in signings if each.result == "refused"]
    faults = [fault for each in refused for fault in each.faults]
    if not refused:
        return None
    asked = len([each for each in signings if each.result != "skipped"])
    return RecordError(
        f"the workpaper can't be {done}." if asked == 1 else f"{len(refused)} of {asked} workpapers can't be {done}.",
        faults,
    )


def _not_signable(paper: Paper, pending: Decision, request: Request) -> list[Fault]:
    """What the run knows against signing a document; the rules of who may sign are the record's."""
    expected = "a workpaper that came to its conclusion"
    if paper.document is None:
        return [Fault(paper.label, "not run", expected, "run it first: close run")]
    if request.reason is not None:
        return []
    if paper.document["status"] == "failed":
        return [Fault(paper.label, "failed", expected, "mend it and run it again")]
    if pending.work == "execute":
        found = f"a document of before: {pending.why}"
        return [Fault(paper.label, found, "the document of the books as they are now", "run it again first: close run")]
    return []


def _signed(conversation: Conversation, paper: Paper, request: Request, faults: list[Fault]) -> Signing:
    named = (paper.program, paper.workpaper.ref, paper.workpaper.name)
    document = paper.document
    if document is not None and document["status"] == "not_applicable":
        return Signing(*named, "skipped", "not applicable")
    if document is None or faults:
        return Signing(*named, "refused", faults[0].found, tuple(faults))
    digest = document_digest(document)
    before = conversation.heard.of(*paper.place).signed(document)
    signature = before.preparer if request.role == "preparer" else before.reviewer
    if request.reason is None and signature and before.holds(request.role, digest):
        return Signing(*named, "already", f"by {signature.by}, {signature.at[:10]}")
    period, program, ref = str(conversation.prepared.period), *paper.place
    try:
        if request.reason is not None:
            conversation.record.reject(period, program, ref, digest, request.by, request.reason)
            return Signing(*named, "rejected", request.reason)
        conversation.record.sign(
            period, program, ref, request.role, digest, request.by,
            figures=_figures(document),
            items=[SignedItem(each.item, each.amount, each.first_date or None) for each in items_of(document).values()],
            errors={each.subject: each.amount for each in subjects_of(document).values() if each.blocks},
            rows=row_digests(document, paper.path.with_suffix(".rows.parquet")),
            retold=before.retold,
        )  # fmt: skip
    except CloseError as error:
        why = "; ".join(dict.fromkeys(fault.found for fault in error.faults))
        return Signing(*named, "refused", why, error.faults)
    return Signing(*named, "signed")


def _figures(document: dict[str, Any]) -> dict[str, str | None]:
    """The amounts of a document's figures; a date is none."""
    return {id: each["amount"] for id, each in document["figures"].items() if each["unit"] != "date"}
