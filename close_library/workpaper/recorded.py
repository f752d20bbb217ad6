"""The parameters as a workpaper sees them: every value that it reads is noted, so that only a change of these re-runs it."""

from __future__ import annotations

from types import FunctionType, MethodType
from typing import Any, cast

from pydantic import BaseModel

from close_library.parameters import Settings


def recorded(settings: Settings) -> tuple[Settings, set[str]]:
    """The settings, and the keys that have been read of them so far (`flux.amount`)."""
    keys: set[str] = set()
    return cast(Settings, _Recorded(settings, "", keys)), keys


class _Recorded:
    """Stands for a group of parameters and notes what is read of it; its methods see it, not the group."""

    def __init__(self, group: BaseModel, prefix: str, keys: set[str]) -> None:
        self._group, self._prefix, self._keys = group, prefix, keys

    def __getattr__(self, name: str) -> Any:
        group = self._group
        method = getattr(type(group), name, None)
        if isinstance(method, FunctionType) and name not in BaseModel.__dict__:
            return MethodType(method, self)
        if name not in type(group).model_fields:
            # Whatever else is asked of a whole group may show any of its values.
            self._keys.update(_leaves(group, self._prefix))
            return getattr(group, name)
        value = getattr(group, name)
        if isinstance(value, BaseModel):
            return _Recorded(value, f"{self._prefix}{name}.", self._keys)
        self._keys.add(f"{self._prefix}{name}")
        return value

    def __eq__(self, other: object) -> bool:
        self._keys.update(_leaves(self._group, self._prefix))
        return self._group == (other._group if isinstance(other, _Recorded) else other)

    def __hash__(self) -> int:
        return hash(self._group)

    def __repr__(self) -> str:
        self._keys.update(_leaves(self._group, self._prefix))
        return repr(self._group)


def _leaves(group: BaseModel, prefix: str) -> set[str]:
    found: set[str] = set()
    for name in type(group).model_fields:
        value = getattr(group, name)
        found |= _leaves(value, f"{prefix}{name}.") if isinstance(value, BaseModel) else {f"{prefix}{name}"}
    return found
