"""The cells that a person fills in: explanation and state of a finding or a line, owner and action of an item.

They are found again by their headings: `close explain --from` reads them back, by the subject that stands last in
the row, and only where the row's amounts are still those of the document. All other cells are locked.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from close_library.report.said import EXPLAINED, OPEN, STALE, SUGGESTION, FollowUp, Remark
from close_library.report.workbook.frame import Sheet
from close_library.report.workbook.streamed import TEXT_LIMIT

EXPLAIN = ("explanation", "state", "said by", "subject")
FOLLOW_UP = ("owner", "action", "said by", "subject")

_WIDTHS: Mapping[str, float] = {
    "explanation": 42, "state": 11, "owner": 18, "action": 42, "said by": 18, "subject": 26,
}  # fmt: skip
_STYLES = {OPEN: "fill_in", EXPLAINED: "fill_in", STALE: "stale", SUGGESTION: "suggested"}
_HELP = (
    "explained: this is the explanation, of this figure. open: there is none. stale and suggestion stand where an "
    "explanation was of another figure or of an earlier period: write explained to take it over."
)


@dataclass(frozen=True)
class Inputs:
    """The columns of a sheet that are filled in; `first` is the first of them, `names` their headings."""

    sheet: Sheet
    first: int
    names: Sequence[str]

    def head(self, row: int) -> None:
        """The headings, and how wide the columns are."""
        for column, name in enumerate(self.names, self.first):
            self.sheet.text(row, column, name, "column")
            self.sheet.sheet.set_column(column, column, _WIDTHS[name])

    def explain(self, row: int, subject: str, remark: Remark) -> list[tuple[str, float]]:
        """The explanation of a subject and its state; returns the texts with the widths that they need."""
        if not subject or len(remark.text) > TEXT_LIMIT or len(subject) > TEXT_LIMIT:
            return []
        style, place = _STYLES[remark.state], self.first
        note = f"{remark.said_by}; {remark.note}" if remark.note and remark.said_by else remark.said_by or remark.note
        self.sheet.text(row, place, remark.text, style)
        self.sheet.text(row, place + 1, remark.state, style)
        self.sheet.text(row, place + 2, note, "small")
        self.sheet.text(row, place + 3, subject, "small")
        return [(remark.text, _WIDTHS["explanation"]), (note, 24), (subject, 36)]

    def follow_up(self, row: int, subject: str, follow_up: FollowUp) -> list[tuple[str, float]]:
        """Who looks after an item and what is done; returns the texts with the widths that they need."""
        if not subject or max(map(len, (follow_up.owner, follow_up.action, subject))) > TEXT_LIMIT:
            return []
        place = self.first
        self.sheet.text(row, place, follow_up.owner, "fill_in")
        self.sheet.text(row, place + 1, follow_up.action, "fill_in")
        self.sheet.text(row, place + 2, follow_up.said_by, "small")
        self.sheet.text(row, place + 3, subject, "small")
        return [(follow_up.owner, 18), (follow_up.action, _WIDTHS["action"]), (subject, 36)]

    def finish(self, first: int, last: int, below: int) -> None:
        """The choices of a state, its colours, and what is printed: all to row `below`, but not the subject."""
        self.sheet.sheet.print_area(0, 0, below, self.first + len(self.names) - 2)
        if "state" not in self.names or last < first:
            return
        column = self.first + 1
        choice = {"validate": "list", "source": [EXPLAINED, OPEN], "error_type": "information", "input_title": "State"}
        choice |= {"input_message": _HELP[:255], "error_title": "State", "error_message": "explained or open"}
        self.sheet.sheet.data_validation(first, column, last, column, choice)
        self.sheet.coloured(first, column, last, {EXPLAINED: "good", STALE: "bad", SUGGESTION: "soft"})
