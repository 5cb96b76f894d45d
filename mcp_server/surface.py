"""Everything that can be called: tools, resources and prompts, and what a call of one of them means."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal, Protocol

from pydantic import BaseModel, ValidationError

from mcp_server.calls import Call
from mcp_server.errors import InvalidArguments
from mcp_server.sources import Sources
from scanners.errors import LimitReached, YumenError
from scanners.files import admit, locate
from scanners.findings import Coverage, Skipped, Subject
from scanners.sources.interface import Wanted
from scanners.sources.locations import Location, is_location
from tools.answers import Answer
from tools.context import ToolContext
from tools.prompts import Prompt
from tools.registry import Tool, ToolRegistry

Kind = Literal["tool", "resource", "prompt"]


@dataclass(frozen=True, slots=True)
class Resource:
    """A document that can be read through the gate."""

    uri: str
    name: str
    title: str
    mime_type: str
    read: Callable[[], str]


@dataclass(frozen=True, slots=True)
class Candidate:
    """One entry of a list before policy has said whether the caller may see it."""

    name: str
    kind: Kind
    family: str
    risk: str


@dataclass(frozen=True, slots=True)
class Target:
    """A path that a call names, with every symbolic link resolved, or a place in a store. Something need not be there."""

    argument: str
    path: Path | Location


@dataclass(frozen=True, slots=True)
class KnownCall:
    """A call with what is known of it before policy decides: never an exception, for policy comes first.

    A call of something that does not exist, or with arguments that do not fit, is decided and recorded like any
    other; only then does `problem` come to light, and only to a caller who may know that the thing exists.
    """

    call: Call
    exists: bool
    tool: Tool | None = None
    arguments: BaseModel | None = None
    targets: tuple[Target, ...] = ()
    candidates: tuple[Candidate, ...] = ()
    problem: YumenError | None = None


class Performance(ToolContext, Protocol):
    """A tool's context, as the surface prepares it and looks back at it."""

    async def bring(self, location: Location, image: Wanted | None = None) -> None:
        """Have what is there at hand, so that `resolve` finds it."""
        ...

    def credited(self, answer: BaseModel, places: Mapping[str, Location]) -> BaseModel:
        """The answer, its subjects with where they were brought from: `places` by the argument that named each.

        What `target` names is the answer's subject; any other argument's is the field of the same name.
        """
        ...


class Surface:
    """What this server offers, by name."""

    def __init__(
        self,
        tools: ToolRegistry,
        prompts: Sequence[Prompt],
        resources: Callable[[], Sequence[Resource]],
        roots: Sequence[Path],
        *,
        allow_hard_links: bool = False,
        sources: Sources | None = None,
    ) -> None:
        self._tools = tools
        self._prompts = {prompt.name: prompt for prompt in prompts}
        self._resources = resources
        self._roots = tuple(roots)
        self._allow_hard_links = allow_hard_links
        self._sources = sources

    def understood(self, call: Call) -> KnownCall:
        """What `call` is about."""
        match call.method:
            case "tools/call":
                return self._understood_tool_call(call)
            case "resources/read":
                return KnownCall(call, exists=any(call.name == resource.uri for resource in self._resources()))
            case "prompts/get":
                return self._understood_prompt(call)
            case _:
                return KnownCall(call, exists=True, candidates=self._candidates(call.method))

    def resolve(self, target: str) -> Path:
        """See `ToolContext.resolve`."""
        return admit(locate(target, self._roots), allow_hard_links=self._allow_hard_links)

    async def perform(self, known: KnownCall, visible: frozenset[str], context: Performance) -> dict[str, Any]:
        """Do what the call asks. For tools the answer as JSON, for everything else the MCP result.

        Raises YumenError.
        """
        match known.call.method:
            case "tools/call":
                return await self._run_tool(known, context)
            case "tools/list":
                return {"tools": [_shown_tool(tool) for tool in self._tools if tool.name in visible]}
            case "resources/list":
                return {"resources": [_shown_resource(found) for found in self._resources() if found.uri in visible]}
            case "resources/templates/list":
                return {"resourceTemplates": []}
            case "resources/read":
                return self._read(known.call.name)
            case "prompts/list":
                return {
                    "prompts": [_shown_prompt(prompt) for prompt in self._prompts.values() if prompt.name in visible]
                }
            case "prompts/get":
                return self._render(known.call)

    def _understood_tool_call(self, call: Call) -> KnownCall:
        tool = self._tools.get(call.name)
        if tool is None:
            return KnownCall(call, exists=False)
        if call.unreadable:
            problem = InvalidArguments(
                f"the arguments cannot be read: {call.unreadable}", remedy="send plain JSON text"
            )
            return KnownCall(call, exists=True, tool=tool, problem=problem)
        try:
            arguments = tool.arguments.model_validate(call.arguments, strict=False)
        except ValidationError as error:
            return KnownCall(call, exists=True, tool=tool, problem=_explained(tool, error))
        targets: list[Target] = []
        wrong: YumenError | None = None
        for name in (*tool.targets, *tool.outputs):
            for value in _strings(getattr(arguments, name)):
                try:
                    if name in tool.remote and self._sources is not None and is_location(value):
                        targets.append(Target(name, self._sources.locate(value)))
                        continue
                    path = locate(value, self._roots)
                    targets.append(Target(name, path))
                    if name in tool.targets:
                        admit(path, allow_hard_links=self._allow_hard_links)
                except YumenError as error:
                    wrong = wrong or error
        return KnownCall(call, True, tool, arguments, tuple(targets), problem=wrong)

    def _understood_prompt(self, call: Call) -> KnownCall:
        prompt = self._prompts.get(call.name)
        if prompt is None:
            return KnownCall(call, exists=False)
        wrong = set(call.arguments) ^ {argument.name for argument in prompt.arguments}
        problem = InvalidArguments(
            f"the prompt {call.name!r} takes exactly: {', '.join(argument.name for argument in prompt.arguments)}"
        )
        return KnownCall(call, exists=True, problem=problem if wrong or call.unreadable else None)

    def _candidates(self, method: str) -> tuple[Candidate, ...]:
        if method == "tools/list":
            return tuple(Candidate(tool.name, "tool", tool.family, tool.risk) for tool in self._tools)
        if method == "resources/list":
            return tuple(Candidate(found.uri, "resource", "policies", "read") for found in self._resources())
        if method == "prompts/list":
            return tuple(Candidate(name, "prompt", "prompts", "read") for name in self._prompts)
        return ()

    async def _run_tool(self, known: KnownCall, context: Performance) -> dict[str, Any]:
        # The gate lets only a whole call through.
        assert known.tool is not None  # noqa: S101
        assert known.arguments is not None  # noqa: S101
        try:
            places = {one.argument: one.path for one in known.targets if isinstance(one.path, Location)}
            image = Wanted(getattr(known.arguments, "platform", None)) if known.tool.images else None
            for location in places.values():
                await context.bring(location, image)
            answer = context.credited(await known.tool.run(known.arguments, context), places)
        except LimitReached as error:
            answer = _unexamined(known.tool, known, error)
        return answer.model_dump(mode="json")

    def _read(self, uri: str) -> dict[str, Any]:
        resource = next(found for found in self._resources() if found.uri == uri)
        return {"contents": [{"uri": uri, "mimeType": resource.mime_type, "text": resource.read()}]}

    def _render(self, call: Call) -> dict[str, Any]:
        prompt = self._prompts[call.name]
        text = prompt.render({name: str(value) for name, value in call.arguments.items()})
        return {
            "description": prompt.description,
            "messages": [{"role": "user", "content": {"type": "text", "text": text}}],
        }


def _unexamined(tool: Tool, known: KnownCall, error: LimitReached) -> BaseModel:
    """A scan that was stopped examined nothing it can vouch for: verdict unknown, never an error that looks like none."""
    if not issubclass(tool.answer, Answer):
        raise error
    name = ", ".join(str(target.path.name) for target in known.targets) or tool.name
    return tool.answer(
        verdict="unknown",
        summary=f"{tool.title} of {name} was stopped before it finished: {error.message}. Nothing was concluded.",
        coverage=Coverage(skipped=(Skipped(name, error.message),)),
        subject=Subject(kind=tool.family, digest="", name=name),
    )


def _explained(tool: Tool, error: ValidationError) -> InvalidArguments:
    """Which argument is wrong and why, without repeating its value."""
    details = [
        f"{'.'.join(str(part) for part in problem['loc']) or 'arguments'}: {problem['msg']}"
        for problem in error.errors(include_url=False, include_input=False, include_context=False)[:10]
    ]
    return InvalidArguments(
        f"the arguments do not fit {tool.name}: " + "; ".join(details),
        remedy="see the tool's input schema in tools/list",
    )


def _strings(value: object) -> list[str]:
    if isinstance(value, str):
        return [value]
    return [item for item in value if isinstance(item, str)] if isinstance(value, list | tuple) else []


@lru_cache(maxsize=1024)
def _shown_tool(tool: Tool) -> dict[str, Any]:
    return {
        "name": tool.name,
        "title": tool.title,
        "description": tool.description,
        "inputSchema": tool.input_schema,
        "outputSchema": tool.output_schema,
        "annotations": {
            "title": tool.title,
            "readOnlyHint": tool.risk == "read",
            "destructiveHint": tool.risk == "admin",
            "idempotentHint": tool.idempotent,
            "openWorldHint": False,
        },
        "_meta": {"yumen/definitionDigest": tool.digest},
    }


def _shown_resource(resource: Resource) -> dict[str, Any]:
    return {"uri": resource.uri, "name": resource.name, "title": resource.title, "mimeType": resource.mime_type}


def _shown_prompt(prompt: Prompt) -> dict[str, Any]:
    return {
        "name": prompt.name,
        "title": prompt.title,
        "description": prompt.description,
        "arguments": [
            {"name": argument.name, "description": argument.description, "required": True}
            for argument in prompt.arguments
        ],
    }
