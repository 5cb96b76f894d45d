"""A real OPA as the engine: the same contract as the embedded one, spoken over OPA's REST API.

https://www.openpolicyagent.org/docs/rest-api#data-api
"""

from __future__ import annotations

import asyncio
import re
import ssl
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

import aiohttp
import orjson
from opa_client import AsyncOpaClient

from mcp_server.policy.breaker import Breaker
from mcp_server.policy.errors import PolicyUnavailable, PolicyUndefined
from mcp_server.policy.process import LoadedRule
from mcp_server.policy.settings import PolicySettings

MAX_ANSWER = 16 << 20
"""Bytes of an answer that are read; a longer one is no answer."""
UNIX = "unix://"

_PATH = re.compile(r"data(\.[A-Za-z_][A-Za-z0-9_]*)+", re.ASCII)
_URL = re.compile(r"(https?)://([^/:@\s]+|\[[0-9a-fA-F:]+\])(?::(\d{1,5}))?/?")


class OpaServer(Protocol):
    """An OPA that is in our care: it is restarted when it stops answering, and ends with the engine."""

    def restart(self) -> None: ...
    async def close(self) -> None: ...


class OpaEngine:
    """Implements `PolicyEngine` over an OPA.

    One in our care (`server`) has the pack that we gave it. Any other has what its own bundles brought: then `rules` is
    None, every path may be asked, and `revision` is what OPA said of its bundles with its last answer.
    """

    def __init__(
        self,
        revision: str,
        rules: tuple[LoadedRule, ...] | None,
        client: OpaClient,
        settings: PolicySettings,
        server: OpaServer | None = None,
    ) -> None:
        self._revision = revision
        self.rules = rules or ()
        """Every definition in the pack; empty where the pack is OPA's own."""
        self._entrypoints = None if rules is None else {rule.entrypoint for rule in rules if not rule.is_function}
        self._client = client
        self._server = server
        self._deadline = settings.deadline
        self._limit = settings.queue
        self._running = 0
        self._idle = asyncio.Event()
        self._idle.set()
        self._closed = False
        self._breaker = Breaker(asyncio.get_running_loop().time)

    @property
    def revision(self) -> str:
        return self._revision

    @property
    def is_ready(self) -> bool:
        return self._breaker.is_closed and not self._closed

    async def evaluate(self, entrypoint: str, document: Mapping[str, Any]) -> Any:
        """See `PolicyEngine.evaluate`."""
        if self._closed:
            raise PolicyUnavailable("the policy engine is closed")
        if not _PATH.fullmatch(entrypoint) or (self._entrypoints is not None and entrypoint not in self._entrypoints):
            raise PolicyUndefined(f"{entrypoint!r:.200} is not the path of a rule")
        if self._running >= self._limit:
            raise PolicyUnavailable("too many policy questions are waiting", remedy="try again in a moment")
        try:
            body = b'{"input":' + orjson.dumps(document) + b"}"
        except TypeError as error:  # what OPA would quietly change, such as lone surrogates, is refused
            raise PolicyUnavailable("the input of the policy cannot be written as JSON", detail=str(error)) from None
        if not self._breaker.admits():
            raise PolicyUnavailable("OPA does not answer; it will be tried again shortly")
        self._running += 1
        self._idle.clear()
        try:
            answer = await self._asked(entrypoint, body)
        finally:
            self._running -= 1
            if not self._running:
                self._idle.set()
        if "result" not in answer:
            raise PolicyUndefined(f"{entrypoint} has no value for this input")
        return answer["result"]

    async def probe(self) -> None:
        """See that OPA answers and decides on access, and learn which policies it has.

        Raises PolicyUnavailable.
        """
        if "result" not in await self._asked("data.yumen.authz.decision", b'{"input":{}}'):
            raise PolicyUnavailable("this OPA has no policy data.yumen.authz.decision")

    async def close(self) -> None:
        """See `PolicyEngine.close`."""
        self._closed = True
        await self._idle.wait()
        await self._client.close_connection()
        if self._server is not None:
            await self._server.close()

    def _failed(self) -> None:
        was_closed = self._breaker.is_closed
        self._breaker.failed()
        if was_closed and not self._breaker.is_closed and self._server is not None:
            self._server.restart()

    async def _asked(self, entrypoint: str, body: bytes) -> dict[str, Any]:
        try:
            async with asyncio.timeout(self._deadline):
                status, answer = await self._client.post(entrypoint, body)
        except TimeoutError:
            self._failed()
            raise PolicyUnavailable("the policy evaluation took too long") from None
        except (aiohttp.ClientError, OSError) as error:
            self._failed()
            raise PolicyUnavailable("OPA cannot be reached", detail=repr(error)) from None
        except BaseException:
            self._breaker.abandoned()
            raise
        if status == 200 and isinstance(answer, dict):
            self._breaker.succeeded()
            if self._entrypoints is None:
                self._revision = _revision(answer)
            return answer
        if (
            status in (400, 500)
            and isinstance(answer, dict)
            and answer.get("code") in ("internal_error", "evaluation_error")
        ):
            self._breaker.succeeded()  # OPA is well, the policy failed on this input
            raise PolicyUnavailable("the policy failed on this input", detail=f"{entrypoint}: {answer}"[:2000])
        self._failed()
        raise PolicyUnavailable("OPA refused to answer", detail=f"status {status}: {answer!r}"[:500])


class OpaClient(AsyncOpaClient):  # type: ignore[misc]
    """opa-python-client with what it leaves out: a private CA, Unix sockets, bounded answers, nothing retried late."""

    def __init__(
        self,
        url: str,
        *,
        token: str = "",
        ca_file: Path | None = None,
        certificate: tuple[Path, Path] | None = None,
        connections: int = 64,
    ) -> None:
        self._socket = url.removeprefix(UNIX) if url.startswith(UNIX) else ""
        found = _URL.fullmatch(url)
        if not self._socket and found is None:
            raise ValueError("the URL of OPA must be http(s)://HOST[:PORT] or unix:///PATH")
        scheme, host, port = ("http", "localhost", None) if found is None else found.groups()
        super().__init__(
            host=host,
            port=int(port or (443 if scheme == "https" else 8181)),
            ssl=scheme == "https",
            token=token or None,
            retries=0,
            timeout=60,
        )
        self._ca_file = ca_file
        self._certificate = certificate
        self._connections = connections

    async def _init_session(self) -> None:
        connector: aiohttp.BaseConnector
        if self._socket:
            connector = aiohttp.UnixConnector(self._socket, limit=self._connections)
        else:
            connector = aiohttp.TCPConnector(
                ssl=self._tls() if self.ssl else False, limit=self._connections, keepalive_timeout=30
            )
        self._connector = connector
        # trust_env stays off: a proxy from the environment must not read or answer policy questions.
        self._session = aiohttp.ClientSession(
            headers=self.headers,
            connector=connector,
            timeout=aiohttp.ClientTimeout(total=self.timeout),
            trust_env=False,
        )

    def _tls(self) -> ssl.SSLContext:
        context = ssl.create_default_context(cafile=self._ca_file)
        if self._certificate is not None:
            context.load_cert_chain(*self._certificate)
        return context

    async def post(self, entrypoint: str, body: bytes) -> tuple[int, Any]:
        """Ask the Data API; status and JSON body of the answer, None where it is not JSON.

        A connection that was already closed by OPA, as after its restart, is replaced once.
        """
        if self._session is None:
            await self._init_session()
        url = f"{self.root_url}/{entrypoint.replace('.', '/')}?strict-builtin-errors=true&provenance=true"
        for attempt in (1, 2):
            try:
                async with self._session.post(
                    url, data=body, headers={"Content-Type": "application/json"}, allow_redirects=False
                ) as response:
                    return response.status, await _json(response)
            except (aiohttp.ServerDisconnectedError, ConnectionResetError):
                if attempt == 2:
                    raise
        raise AssertionError  # pragma: no cover

    async def healthy(self) -> bool:
        """Whether OPA runs and has activated its bundles."""
        try:
            if self._session is None:
                await self._init_session()
            async with self._session.get(f"{self.root_url.removesuffix('/v1')}/health?bundles") as response:
                return bool(response.status == 200)
        except (aiohttp.ClientError, OSError):
            return False


def _revision(answer: Mapping[str, Any]) -> str:
    """The revisions of OPA's bundles as its answer names them."""
    match answer.get("provenance"):
        case {"bundles": dict(bundles)} if bundles:
            revisions = {name: str(bundle.get("revision", "")) for name, bundle in sorted(bundles.items())}
            return revisions.popitem()[1] if len(revisions) == 1 else orjson.dumps(revisions).decode()
    return "opa:unversioned"


async def _json(response: aiohttp.ClientResponse) -> Any:
    answer = bytearray()
    async for chunk in response.content.iter_chunked(1 << 18):
        answer += chunk
        if len(answer) > MAX_ANSWER:
            response.close()
            return None
    try:
        return orjson.loads(answer)
    except orjson.JSONDecodeError:
        return None
