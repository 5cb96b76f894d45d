"""Decision logs in OPA's shape (EventV1), one JSON object a line, with what must not be kept masked out.

What is masked is Rego, as for OPA: `data.system.log.mask`, evaluated on the event, is a set of pointers such as
"/input/arguments" to erase, or of {"op": "upsert", "path": …, "value": …} to overwrite. Without that rule the arguments of
calls are erased one by one, so that it is on record which there were; but for `tenant`, by which access is decided. https://www.openpolicyagent.org/docs/management-decision-logs
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson

from mcp_server.policy.engine import PolicyEngine
from mcp_server.policy.errors import PolicyUnavailable, PolicyUndefined

MASK = "data.system.log.mask"
_DECIDES = "tenant"
"""The argument that the shipped policy reads: without it no decision could be made again."""


class DecisionLog:
    """Appends events to a file. The file may be moved away at any time; a new one is begun then."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._descriptor = -1

    async def write(
        self,
        engine: PolicyEngine,
        *,
        decision_id: str,
        entrypoint: str,
        document: Mapping[str, Any],
        result: object,
        seconds: float,
    ) -> None:
        """Keep one decision. Raises PolicyUnavailable if that cannot be done."""
        event = event_v1(
            decision_id=decision_id,
            entrypoint=entrypoint,
            document=document,
            result=result,
            revision=engine.revision,
            seconds=seconds,
        )
        try:
            self._append(orjson.dumps(masked(event, await mask_for(engine, event))) + b"\n")
        except (OSError, TypeError) as error:
            raise PolicyUnavailable("the decision log cannot be written", detail=repr(error)) from None

    def close(self) -> None:
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def _append(self, line: bytes) -> None:
        if self._descriptor < 0 or not self._is_current():
            self.close()
            self._descriptor = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
        if os.write(self._descriptor, line) != len(line):
            raise OSError("the line was written in part")

    def _is_current(self) -> bool:
        try:
            found = self._path.stat()
        except FileNotFoundError:
            return False
        return os.path.samestat(found, os.fstat(self._descriptor))


async def mask_for(engine: PolicyEngine, event: Mapping[str, Any]) -> object:
    """What `data.system.log.mask` says of `event`; a mask that fails hides everything."""
    try:
        return await engine.evaluate(MASK, event)
    except PolicyUndefined:
        document = event.get("input")
        arguments = document.get("arguments") if isinstance(document, Mapping) else None
        return ["/input/arguments"] if arguments and not isinstance(arguments, Mapping) else erasing(arguments or {})
    except PolicyUnavailable:
        return ["/input"]


def erasing(arguments: Iterable[str]) -> list[str]:
    """Pointers to all arguments of these names but the one that access is decided by (RFC 6901)."""
    return [f"/input/arguments/{name.replace('~', '~0').replace('/', '~1')}" for name in arguments if name != _DECIDES]


def event_v1(
    *,
    decision_id: str,
    entrypoint: str,
    document: Mapping[str, Any],
    result: object,
    revision: str,
    seconds: float | None,
    at: datetime | None = None,
) -> dict[str, Any]:
    """One decision as an EventV1; made now, if it is not said when."""
    return {
        "labels": {"id": "yumen", "app": "yumen"},
        "decision_id": decision_id,
        "bundles": {"yumen": {"revision": revision}},
        "path": entrypoint.removeprefix("data.").replace(".", "/"),
        "input": dict(document),
        "result": result,
        "timestamp": (at or datetime.now(UTC)).isoformat().replace("+00:00", "Z"),
        **({} if seconds is None else {"metrics": {"timer_server_handler_ns": int(seconds * 1e9)}}),
    }


def masked(event: Mapping[str, Any], mask: object) -> dict[str, Any]:
    """`event` with what `mask` names erased or overwritten, and said to be. A mask that makes no sense hides the input."""
    result: dict[str, Any] = dict(event)
    erased: list[str] = []
    overwritten: list[str] = []
    for entry in mask if isinstance(mask, list) else [None]:
        match entry:
            case str(path) | {"op": "remove", "path": str(path)} if path.startswith(("/input", "/result")):
                if _change(result, path, None, remove=True):
                    erased.append(path)
            case {"op": "upsert", "path": str(path), "value": value} if path.startswith(("/input", "/result")):
                if _change(result, path, value, remove=False):
                    overwritten.append(path)
            case _:
                result.pop("input", None)
                erased.append("/input")
    if erased:
        result["erased"] = sorted({*event.get("erased", ()), *erased})
    if overwritten:
        result["masked"] = sorted(set(overwritten))
    return result


def _change(event: dict[str, Any], pointer: str, value: object, *, remove: bool) -> bool:
    """Follow a JSON pointer (RFC 6901) and change what is there, on copies of all that leads there."""
    *way, last = [part.replace("~1", "/").replace("~0", "~") for part in pointer.split("/")[1:]]
    here: Any = event
    for part in way:
        key: Any = int(part) if isinstance(here, list) and part.isdigit() else part
        try:
            inner = here[key]
        except (KeyError, IndexError, TypeError):
            return False
        if not isinstance(inner, dict | list):
            return False
        here[key] = dict(inner) if isinstance(inner, dict) else list(inner)
        here = here[key]
    if isinstance(here, list):
        if not last.isdigit() or int(last) >= len(here):
            return False
        here[int(last)] = None if remove else value  # an element that is cut out would move the others
        return True
    if remove:
        return here.pop(last, _ABSENT) is not _ABSENT
    here[last] = value
    return True


_ABSENT = object()
