"""Reconciling items: what is open, since when, who looks after it, and assigning it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from close_library.errors import Fault, RecordError
from close_library.parameters import COMPANY
from close_library.record import FollowUp
from close_library.run.planning.prepare import Prepared
from close_library.run.said.heard import Heard, follow_ups_of, moment
from close_library.run.said.subjects import Item, items_of
from close_library.run.speaking.explaining import unknown_subject
from close_library.run.speaking.saying import Paper, listening, refuse_never_run, speaking


@dataclass(frozen=True)
class OpenItem:
    """A reconciling item of a workpaper, its age in days at the end of the period, and what was said of it."""

    paper: Paper
    item: Item
    age: int | None
    said: FollowUp | None = None

    def as_data(self) -> dict[str, Any]:
        """For `--json`."""
        said = self.said
        return {
            **self.paper.as_data(),
            "item": self.item.item,
            "amount": self.item.amount,
            "first_date": self.item.first_date or None,
            "age_days": self.age,
            "owner": said.owner if said else "",
            "action": said.action if said else "",
            "by": said.by if said else "",
            "at": moment(said.at) if said else None,
        }


def open_items(prepared: Prepared) -> list[OpenItem]:
    """The reconciling items of the plan's workpapers, the oldest first in each."""
    refuse_never_run(prepared)
    heard, papers = listening(prepared)
    return items_in(prepared, papers, heard)


def items_in(prepared: Prepared, papers: Iterable[Paper], heard: Heard) -> list[OpenItem]:
    """The same of some workpapers. What a program's workpaper holds is not listed again by the company's."""
    found: dict[tuple[str, str, str], OpenItem] = {}
    for paper in sorted(papers, key=lambda paper: paper.program == COMPANY):
        followed = follow_ups_of(paper.document or {}, heard.of(*paper.place))
        for item in items_of(paper.document or {}).values():
            key = (paper.workpaper.ref, item.item, item.amount)
            found.setdefault(key, OpenItem(paper, item, _age(prepared, item), followed.get(item.item)))
    return sorted(
        found.values(),
        key=lambda each: (each.paper.workpaper.ref, each.paper.program, each.item.first_date, each.item.item),
    )


def assign(prepared: Prepared, item: str, owner: str | None, action: str | None, by: str, wait: float = 0) -> OpenItem:
    """Say who looks after an item, what is done about it, or both; an empty text takes away."""
    with speaking(prepared, wait) as conversation:
        listed = items_in(prepared, conversation.papers, conversation.heard)
        having = [each for each in listed if each.item.item == item]
        if not having:
            raise unknown_subject(item, [each.item.item for each in listed], "an item that close items lists")
        if len(having) > 1:
            found = ", ".join(each.paper.label for each in having)
            do = "give --workpaper REF and --program P"
            raise RecordError("several workpapers have this item.", [Fault(item, found, "one workpaper", do)])
        conversation.record.follow_up(
            str(prepared.period), *having[0].paper.place, item, owner=owner, action=action, by=by
        )
    listed = items_in(prepared, conversation.papers, conversation.heard)
    return next(each for each in listed if each.item.item == item)


def _age(prepared: Prepared, item: Item) -> int | None:
    try:
        return (prepared.period.last_day - date.fromisoformat(item.first_date)).days
    except ValueError:
        return None
