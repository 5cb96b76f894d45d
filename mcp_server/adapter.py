"""Where MCP meets the gate: the only module that knows the SDK's server, its contexts and its errors.

Each of the SDK's request handlers does the same three things: turn the request into a `Call`, send it through the
gate, and turn what comes back, or what was refused, into the protocol's words.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Mapping
from importlib.metadata import version
from typing import Any, Protocol

import mcp_types as types
import orjson
from mcp.server.caching import CacheHint
from mcp.server.context import ServerRequestContext
from mcp.server.lowlevel import Server
from mcp.shared.exceptions import MCPError

from mcp_server.audit.clock import event_id
from mcp_server.calls import Call, Method, Origin, Outcome, Principal, Transport
from mcp_server.edge import PASSAGE
from mcp_server.errors import InternalError, NotFound
from mcp_server.identity.errors import InsufficientScope
from mcp_server.tool_context import ProgressListener
from scanners.errors import YumenError

logger = logging.getLogger("yumen")

_PRIVATE = CacheHint(ttl_ms=0, scope="private")  # lists differ from caller to caller
_COMPLETE = {"resultType": "complete"}  # required since 2026-07-28; left out of what older clients get
_INSTRUCTIONS = """\
Yumen checks models, container images, personal data and policy questions, and records every call.
Every checking tool answers with verdict pass, fail or unknown; unknown means "not examined" and is never a pass.
Targets are paths inside the server's configured roots. Quote subject.digest and record.index when you report a result."""

Context = ServerRequestContext[Any, Any]


class PassThrough(Protocol):
    """`Gate.pass_through`."""

    def __call__(self, call: Call, on_progress: ProgressListener) -> Awaitable[Outcome]: ...


Identify = Callable[[Context], Principal]
"""The proven identity behind a request. Raises a YumenError if there is none."""


def build_server(pass_through: PassThrough, identify: Identify, transport: Transport) -> Server[Any]:
    """An MCP server for both protocol eras whose every handler leads through the gate and nowhere else."""
    handlers = _Handlers(pass_through, identify, transport)
    server: Server[Any] = Server(
        "yumen",
        version=version("yumen"),
        title="Yumen, the Jade Gate",
        instructions=_INSTRUCTIONS,
        cache_hints={
            "tools/list": _PRIVATE,
            "resources/list": _PRIVATE,
            "resources/templates/list": _PRIVATE,
            "resources/read": _PRIVATE,
            "prompts/list": _PRIVATE,
        },
        # No tool declares header parameters; without this the SDK lists every tool before each call.
        get_tool_input_schema=lambda name: None,
        on_list_tools=handlers.list_tools,
        on_call_tool=handlers.call_tool,
        on_list_resources=handlers.list_resources,
        on_list_resource_templates=handlers.list_resource_templates,
        on_read_resource=handlers.read_resource,
        on_list_prompts=handlers.list_prompts,
        on_get_prompt=handlers.get_prompt,
    )
    # The SDK's tracing middleware costs 45 µs a call even with no exporter.
    server.middleware.clear()
    return server


class _Handlers:
    """The SDK's handlers, one method each."""

    def __init__(self, pass_through: PassThrough, identify: Identify, transport: Transport) -> None:
        self._pass_through = pass_through
        self._identify = identify
        self._transport = transport

    async def list_tools(self, ctx: Context, params: types.PaginatedRequestParams | None) -> Any:
        return await self._result(ctx, "tools/list")

    async def list_resources(self, ctx: Context, params: types.PaginatedRequestParams | None) -> Any:
        return await self._result(ctx, "resources/list")

    async def list_resource_templates(self, ctx: Context, params: types.PaginatedRequestParams | None) -> Any:
        return await self._result(ctx, "resources/templates/list")

    async def list_prompts(self, ctx: Context, params: types.PaginatedRequestParams | None) -> Any:
        return await self._result(ctx, "prompts/list")

    async def read_resource(self, ctx: Context, params: types.ReadResourceRequestParams) -> Any:
        return await self._result(ctx, "resources/read", str(params.uri))

    async def get_prompt(self, ctx: Context, params: types.GetPromptRequestParams) -> Any:
        return await self._result(ctx, "prompts/get", params.name, params.arguments)

    async def call_tool(self, ctx: Context, params: types.CallToolRequestParams) -> Any:
        try:
            outcome = await self._through(ctx, "tools/call", params.name, params.arguments)
        except NotFound as error:
            raise _protocol_error(error) from None
        except YumenError as error:
            if isinstance(error, InternalError):
                raise _protocol_error(error) from None
            # A refusal that a model can act on is a tool result (SEP-1303), not a protocol error.
            return {**_COMPLETE, "content": [{"type": "text", "text": _in_words(error)}], "isError": True}
        text = orjson.dumps(outcome.result).decode()
        return {**_COMPLETE, "content": [{"type": "text", "text": text}], "structuredContent": outcome.result}

    async def _result(
        self, ctx: Context, method: Method, name: str = "", arguments: Mapping[str, Any] | None = None
    ) -> Any:
        try:
            outcome = await self._through(ctx, method, name, arguments)
        except YumenError as error:
            raise _protocol_error(error) from None
        return {**_COMPLETE, **outcome.result}

    async def _through(
        self, ctx: Context, method: Method, name: str = "", arguments: Mapping[str, Any] | None = None
    ) -> Outcome:
        """The call behind a request, through the gate. Nothing but a YumenError or a cancellation comes out."""
        try:
            principal = self._identify(ctx)
            call = _call(ctx, principal, self._transport, method, name, arguments or {})
            return await self._pass_through(call, _progress_listener(ctx))
        except InsufficientScope as error:
            if ctx.request is not None:
                # Over HTTP the answer becomes 403 with a challenge, so that the client can ask for the scope.
                ctx.request.scope[PASSAGE].step_up(error)
            raise
        except YumenError as error:
            if error.detail:
                logger.warning("%s", error.diagnostics())
            raise
        except Exception as error:
            logger.exception("a handler failed")
            raise InternalError("internal error") from error


def _call(
    ctx: Context, principal: Principal, transport: Transport, method: Method, name: str, arguments: Mapping[str, Any]
) -> Call:
    meta: Mapping[str, Any] = ctx.meta or {}
    trace_id, span_id = _trace(meta.get("traceparent"))
    try:
        size, unreadable = len(orjson.dumps(arguments)) if arguments else 0, ""
    except TypeError as error:  # lone surrogates, integers beyond 64 bits, nesting beyond 254
        size, unreadable, arguments = 0, str(error), {}
    return Call(
        id=event_id(),
        method=method,
        name=name,
        arguments=arguments,
        principal=principal,
        origin=Origin(
            transport=transport,
            protocol_version=ctx.protocol_version,
            request_id=str(ctx.request_id),
            client_name=_client_name(ctx),
            address=_address(ctx),
            trace_id=trace_id,
            span_id=span_id,
        ),
        received=time.time(),
        size=size,
        purpose=_purpose(meta.get("yumen/purpose")),
        unreadable=unreadable,
    )


def _address(ctx: Context) -> str:
    client = ctx.request.scope.get("client") if ctx.request is not None else None
    return client[0] if client else ""


def _client_name(ctx: Context) -> str:
    client = ctx.session.client_params
    return client.client_info.name[:100] if client is not None and client.client_info is not None else ""


def _trace(traceparent: object) -> tuple[str, str]:
    """Trace and span id of a W3C traceparent (SEP-414 puts it unprefixed into `_meta`); empty if there is no valid one."""
    parts = traceparent.split("-") if isinstance(traceparent, str) and len(traceparent) <= 55 else []
    if len(parts) == 4 and len(parts[1]) == 32 and len(parts[2]) == 16:
        return parts[1], parts[2]
    return "", ""


def _purpose(said: object) -> str:
    """A printable line of at most 500 characters, else nothing: what is no purpose is none."""
    return said if isinstance(said, str) and len(said) <= 500 and said.isprintable() else ""


def _progress_listener(ctx: Context) -> ProgressListener:
    running: set[asyncio.Task[None]] = set()

    def report(done: float, total: float | None, message: str) -> None:
        task = asyncio.ensure_future(ctx.session.report_progress(done, total, message or None))
        running.add(task)
        task.add_done_callback(running.discard)

    return report


def _in_words(error: YumenError) -> str:
    return f"{error.code}: {error.message}" + (f"\nWhat to do: {error.remedy}" if error.remedy else "")


def _protocol_error(error: YumenError) -> MCPError:
    """The one place where errors become JSON-RPC errors. Unknown and forbidden things are the same -32602."""
    if isinstance(error, NotFound):
        return MCPError(types.INVALID_PARAMS, error.message)
    if isinstance(error, InternalError):
        return MCPError(types.INTERNAL_ERROR, error.message)
    data = {"code": error.code} | ({"remedy": error.remedy} if error.remedy else {})
    return MCPError(
        types.INVALID_PARAMS if error.code == "invalid_arguments" else types.INTERNAL_ERROR, error.message, data
    )
