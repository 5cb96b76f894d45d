"""What a tool may ask of the server that runs it. `mcp_server` implements it; a test can, in ten lines."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Protocol, TypeVar

from scanners.findings import Report, Verdict

T = TypeVar("T")


class Caller(Protocol):
    """Who is calling, as far as a tool needs to know."""

    @property
    def subject(self) -> str: ...
    @property
    def issuer(self) -> str: ...
    @property
    def tenant(self) -> str: ...
    @property
    def roles(self) -> tuple[str, ...]: ...


class ToolContext(Protocol):
    """The tool's only way to the world outside its arguments."""

    @property
    def caller(self) -> Caller: ...

    @property
    def call_id(self) -> str:
        """Id of this call (UUIDv7): its records in the audit log and the decision log carry it."""
        ...

    @property
    def data_dir(self) -> Path:
        """The server's data directory (vulnerability database, trust roots, …)."""
        ...

    def resolve(self, target: str) -> Path:
        """The real path of `target`, confined to the configured roots.

        Raises TargetRefused (outside, device, FIFO, hard link) or TargetMissing.
        """
        ...

    async def scan(
        self, function: Callable[..., T], *arguments: Any, writable: tuple[Path, ...] = (), **keywords: Any
    ) -> T:
        """Run a module-level function of `scanners` in a worker process under memory, CPU and wall limits.

        Arguments and the result cross as JSON, validated against the function's annotations, so both must be
        JSON-able types that pydantic knows (dataclasses, Path, str, int, tuple, Mapping, Literal, …).
        The function may take a keyword `progress: Progress` and call it. It reads the paths among its arguments, and
        writes below `writable`, which are folders.

        Raises LimitReached when the worker was killed, and whatever YumenError the function raised.
        """
        ...

    async def verdict(self, report: Report) -> Verdict:
        """What the verdict policy (`data.yumen.checks.verdict`) says of a report."""
        ...

    async def evaluate(self, entrypoint: str, document: Mapping[str, Any]) -> Any:
        """Evaluate a Rego entry point such as 'data.yumen.checks.residency.decision' on an input document."""
        ...

    def service(self, kind: type[T]) -> T:
        """A part of the server that a family needs beyond the above (the audit log, the policy store), by its type.

        The types are Protocols that the tool module itself declares; the app registers the implementations.
        """
        ...


class Progress(Protocol):
    """Called by long work with how much is done, of how much (None: unknown), and a word about what."""

    def __call__(self, done: float, total: float | None = None, message: str = "") -> None: ...
