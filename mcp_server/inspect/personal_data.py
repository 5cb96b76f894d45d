"""The personal-data engine as the gate uses it: small values here and now, large ones in a worker process."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import orjson

from scanners.sandbox import Sandbox

if TYPE_CHECKING:
    from scanners.personal_data.redact import Method

_HERE: Final = 16 << 10
"""Bytes of JSON that are examined in the server's own process: 20 ms of everybody's time at most."""
_LONGEST_TEXT: Final = 4096
"""Characters of an error or progress message that are kept."""
_SECONDS: Final = 30.0


@dataclass(frozen=True, slots=True)
class Found:
    """How much of what was found in a value."""

    types: Mapping[str, int]
    complete: bool
    """False when part of it was not examined in time; where the value is redacted, that part is withheld."""


class PersonalData:
    """Finds personal data and secrets in JSON values and takes them out. No engine is loaded before policy asks for it."""

    def __init__(self, tenant_key: Callable[[str], bytes], sandbox: Sandbox) -> None:
        self._tenant_key = tenant_key
        self._sandbox = sandbox
        self._compiled: asyncio.Future[None] | None = None

    async def ready(self) -> None:
        """Have the rules compiled, in a thread beside the event loop: it takes a second or two, and only who needs them waits.

        A failure is that of the calls which waited for it; the next one tries again.
        """
        if self._compiled is None:
            self._compiled = asyncio.ensure_future(asyncio.to_thread(_compile))
        compiled = self._compiled
        try:
            await asyncio.shield(compiled)
        finally:
            if compiled.done() and compiled.exception() is not None and self._compiled is compiled:
                self._compiled = None

    async def found(self, value: Any, schema: Mapping[str, Any] | None, entities: tuple[str, ...] | None) -> Found:
        """What `value` holds. Raises ScanKilled when it is large and could not be examined."""
        await self.ready()
        from scanners.personal_data import inline

        text = orjson.dumps(value)
        if len(text) <= _HERE:
            detection = inline.detect_json(value, schema, entities=entities)
            return Found(inline.counted(detection.entities), not detection.skipped)
        examined = await self._sandbox.run(inline.examine, text, orjson.dumps(schema), entities, deadline=_SECONDS)
        return Found(examined.types, examined.complete)

    async def redacted(
        self,
        value: Any,
        schema: Mapping[str, Any] | None,
        entities: tuple[str, ...] | None,
        method: Method,
        tenant: str,
    ) -> tuple[Any, Found]:
        """`value` without what was found in it, in its shape.

        Raises CannotRedact when no redacted value would fit the schema, ScanKilled as `found` does.
        """
        await self.ready()
        from scanners.personal_data import inline

        key = self._tenant_key(tenant)
        text = orjson.dumps(value)
        if len(text) <= _HERE:
            done = inline.redact_json(value, schema, method=method, key=key, entities=entities)
            return done.value, Found(inline.counted(done.entities), done.complete)
        examined = await self._sandbox.run(
            inline.examine, text, orjson.dumps(schema), entities, method, key, deadline=_SECONDS
        )
        return orjson.loads(examined.redacted), Found(examined.types, examined.complete)

    def scrubbed(self, text: str, entities: tuple[str, ...] | None, method: Method, tenant: str) -> str:
        """The beginning of a message without what was found in it."""
        from scanners.personal_data import inline

        key = self._tenant_key(tenant)
        return str(inline.redact_string(text[:_LONGEST_TEXT], method=method, key=key, entities=entities).value)


def _compile() -> None:
    from scanners.personal_data import inline

    inline.warm()
