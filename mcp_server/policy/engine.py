"""What every policy engine does: evaluate one entry point of one pack on one input document."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from mcp_server.policy.process import LoadedRule


class PolicyEngine(Protocol):
    """One pack, loaded. Engines are replaced, never changed."""

    @property
    def revision(self) -> str:
        """Digest of the pack that this engine evaluates."""
        ...

    async def evaluate(self, entrypoint: str, document: Mapping[str, Any]) -> Any:
        """The value of `entrypoint`, e.g. 'data.yumen.authz.decision', with `document` as `input`.

        Raises PolicyUnavailable (failed, too slow, too busy, or `document` cannot be written as JSON) and
        PolicyUndefined (no such rule, or no value for this input).
        """
        ...

    async def close(self) -> None:
        """Finish what is under way, then let go of everything."""
        ...


class LoadedEngine(PolicyEngine, Protocol):
    """An engine with what the store knows of it besides."""

    @property
    def rules(self) -> tuple[LoadedRule, ...]:
        """Every definition in the pack."""
        ...

    @property
    def is_ready(self) -> bool:
        """Whether a question would be answered without waiting."""
        ...
