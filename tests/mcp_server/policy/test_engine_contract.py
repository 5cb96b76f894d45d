"""One contract, every engine: the embedded one, an OPA in our care, and an OPA that runs elsewhere over TLS."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import ssl
import subprocess
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from ports import free_port

from mcp_server.policy.breaker import Breaker
from mcp_server.policy.engine import LoadedEngine
from mcp_server.policy.errors import PolicyInvalid, PolicyUnavailable, PolicyUndefined
from mcp_server.policy.modules import Module
from mcp_server.policy.opa import OpaEngine
from mcp_server.policy.packs import Pack
from mcp_server.policy.settings import OpaSettings, PolicySettings
from mcp_server.policy.starting import start_engine

POLICY = """package yumen.authz

default decision := {"allow": false}

decision := {"allow": true} if input.go

echo := input

wrong := 1 / input.zero

maybe if input.x == 1

f(x) := x

endless := count([1 | input.go; some _ in numbers.range(1, 100000); some _ in numbers.range(1, 100000)])

names := {"b", "a"}

configured := data.config.value
"""

PACK = Pack((Module("p.rego", POLICY),), {"config": {"value": [1, {"k": "v"}]}}, "sha256:test")
A = "data.yumen.authz"
Use = Callable[[LoadedEngine], Awaitable[Any]]
OUR_OWN = (A, f"{A}.f", "data", "data.config.value")
"""Paths of what is no rule, or a function: an OPA that decides by its own bundle may be asked for any."""


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tls")
    subprocess.run(
        [
            *["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"],
            *["-days", "2", "-keyout", folder / "key.pem", "-out", folder / "cert.pem", "-subj", "/CN=localhost"],
            *["-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"],
        ],
        check=True,
        capture_output=True,
    )
    return folder


@contextmanager
def running_opa(opa: str, folder: Path, certificates: Path, revision: str = "team-7") -> Iterator[int]:
    """An OPA over TLS that wants a token, with a bundle of its own."""
    bundle = folder / "bundle"
    bundle.mkdir(parents=True)
    (bundle / "p.rego").write_text(POLICY)
    (bundle / "data.json").write_text(json.dumps(PACK.data))
    (bundle / "system.rego").write_text(
        "package system.authz\n\ndefault allow := false\n\n"
        'allow if input.identity == "sesame"\n\nallow if input.path[0] == "health"\n'
    )
    (bundle / ".manifest").write_text(json.dumps({"revision": revision, "roots": ["yumen", "config", "system/authz"]}))
    port = free_port()
    process = subprocess.Popen(
        [
            *[opa, "run", "--server", "--addr", f"127.0.0.1:{port}", "--authentication=token", "--authorization=basic"],
            *["--tls-cert-file", certificates / "cert.pem", "--tls-private-key-file", certificates / "key.pem"],
            *["--disable-telemetry", "--log-level", "error", "--bundle", bundle],
        ],
        stderr=subprocess.DEVNULL,
    )
    try:
        yield port
    finally:
        process.kill()
        process.wait()


async def elsewhere(settings: PolicySettings) -> LoadedEngine:
    """The engine, once OPA is up."""
    async with asyncio.timeout(30):
        while True:
            try:
                return await start_engine(PACK, settings)
            except PolicyUnavailable as error:
                if "reached" not in error.message:
                    raise
                await asyncio.sleep(0.05)


@pytest.fixture(scope="module")
def far_away(opa: str, certificates: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[OpaSettings]:
    """An OPA that runs elsewhere, over TLS and with a token, and decides by `PACK` as its own bundle."""
    token = tmp_path_factory.mktemp("token") / "token"
    token.write_text("sesame")
    with running_opa(opa, tmp_path_factory.mktemp("opa"), certificates, PACK.revision) as port:
        there = OpaSettings(url=f"https://localhost:{port}", token=f"file:{token}", ca_file=certificates / "cert.pem")
        asyncio.run(_closed(elsewhere(PolicySettings(engine="opa", opa=there, deadline=5))))
        yield there


async def _closed(engine: Awaitable[LoadedEngine]) -> None:
    await (await engine).close()


@dataclass(frozen=True)
class Run:
    """Starts an engine on a pack, uses it, closes it."""

    policy: Mapping[str, Any]
    has_our_pack: bool
    """Not where OPA decides by a bundle of its own: nothing is loaded there, and its rules are not known here."""

    def __call__(self, use: Use, pack: Pack = PACK, **settings: Any) -> Any:
        return asyncio.run(_with(pack, PolicySettings(**({"deadline": 5} | self.policy | settings)), use))


@pytest.fixture(
    params=[
        "embedded",
        pytest.param("opa", marks=pytest.mark.service),
        pytest.param("opa over TLS", marks=pytest.mark.service),
    ]
)
def run(request: pytest.FixtureRequest) -> Run:
    """Each engine."""
    if request.param == "embedded":
        return Run({}, True)
    if request.param == "opa":
        return Run({"engine": "opa", "opa": OpaSettings(program=request.getfixturevalue("opa"))}, True)
    return Run({"engine": "opa", "opa": request.getfixturevalue("far_away")}, False)


async def _with(pack: Pack, settings: PolicySettings, use: Use) -> Any:
    engine = await start_engine(pack, settings)
    try:
        return await use(engine)
    finally:
        await engine.close()


@pytest.mark.parametrize(
    ("entrypoint", "document", "value"),
    [
        (f"{A}.decision", {}, {"allow": False}),
        (f"{A}.decision", {"go": True}, {"allow": True}),
        (f"{A}.echo", {"a": [1, 2.5, None, True, "é\n\x00"]}, {"a": [1, 2.5, None, True, "é\n\x00"]}),
        (f"{A}.echo", {"n": 2**63 - 1}, {"n": 2**63 - 1}),
        (f"{A}.names", {}, ["a", "b"]),
        (f"{A}.configured", {}, [1, {"k": "v"}]),
    ],
)
def test_values(run: Run, entrypoint: str, document: dict[str, Any], value: Any) -> None:
    assert run(lambda engine: engine.evaluate(entrypoint, document)) == value


@pytest.mark.parametrize(
    ("entrypoint", "document", "error"),
    [
        (f"{A}.nothing", {}, PolicyUndefined),
        (f"{A}.maybe", {"x": 2}, PolicyUndefined),
        (f"{A}.f", {}, PolicyUndefined),
        (A, {}, PolicyUndefined),
        ("data", {}, PolicyUndefined),
        ("data.config.value", {}, PolicyUndefined),
        (f"{A}.decision/../echo", {}, PolicyUndefined),
        (f"{A}.decision?x=1", {}, PolicyUndefined),
        (f"{A}.wrong", {"zero": 0}, PolicyUnavailable),
        (f"{A}.echo", {"s": "\udc80"}, PolicyUnavailable),
        (f"{A}.echo", {"n": 2**70}, PolicyUnavailable),
        (f"{A}.echo", {"p": Path("/")}, PolicyUnavailable),
    ],
)
def test_errors(run: Run, entrypoint: str, document: dict[str, Any], error: type[Exception]) -> None:
    if entrypoint in OUR_OWN and not run.has_our_pack:
        pytest.skip("any path of another OPA may be asked")

    async def use(engine: LoadedEngine) -> None:
        with pytest.raises(error):
            await engine.evaluate(entrypoint, document)
        assert await engine.evaluate(f"{A}.decision", {}) == {"allow": False}

    run(use)


def test_many_at_once_get_their_own_answers(run: Run) -> None:
    async def use(engine: LoadedEngine) -> list[Any]:
        return await asyncio.gather(*(engine.evaluate(f"{A}.echo", {"n": number}) for number in range(200)))

    assert run(use) == [{"n": number} for number in range(200)]


def test_an_endless_evaluation_fails_at_the_deadline(run: Run) -> None:
    async def use(engine: LoadedEngine) -> None:
        with pytest.raises(PolicyUnavailable, match="too long"):
            await engine.evaluate(f"{A}.endless", {"go": True})
        assert await engine.evaluate(f"{A}.echo", {}) == {}

    run(use, deadline=0.4)


def test_a_closed_engine_refuses(run: Run) -> None:
    async def use(engine: LoadedEngine) -> None:
        await engine.close()
        with pytest.raises(PolicyUnavailable):
            await engine.evaluate(f"{A}.echo", {})

    run(use)


def test_a_pack_with_problems_does_not_start(run: Run) -> None:
    if not run.has_our_pack:
        pytest.skip("it has its own pack")
    for text in ("package a\n\np if {\n", 'package a\n\np := http.send({"url": "http://localhost"})\n'):
        with pytest.raises(PolicyInvalid):
            run(lambda engine: engine.close(), Pack((Module("a.rego", text),), {}, "r"))


def test_the_engine_knows_revision_and_rules(run: Run) -> None:
    async def use(engine: LoadedEngine) -> None:
        assert engine.revision == "sha256:test"
        assert engine.is_ready
        assert not run.has_our_pack or {rule.name for rule in engine.rules} >= {"decision", "echo", "f"}

    run(use)


@pytest.mark.service
def test_an_opa_in_our_care_is_started_again(opa: str) -> None:
    async def use(engine: LoadedEngine) -> None:
        assert isinstance(engine, OpaEngine)
        server: Any = engine._server
        for stop in (signal.SIGKILL, signal.SIGSTOP):
            os.kill(server.pid, stop)
            async with asyncio.timeout(30):
                restarts = server.restarts
                while True:
                    try:
                        assert await engine.evaluate(f"{A}.echo", {"x": 1}) == {"x": 1}
                        if server.restarts > restarts or stop == signal.SIGKILL:
                            break
                    except PolicyUnavailable:
                        await asyncio.sleep(0.02)
        assert server.restarts >= 1
        folder = server._folder
        assert folder.stat().st_mode & 0o077 == 0

    settings = PolicySettings(engine="opa", opa=OpaSettings(program=opa), deadline=0.3)
    asyncio.run(_with(PACK, settings, use))


def test_without_the_program_there_is_no_engine() -> None:
    settings = PolicySettings(engine="opa", opa=OpaSettings(program="no-such-opa"))
    with pytest.raises(PolicyUnavailable, match="no-such-opa"):
        asyncio.run(start_engine(PACK, settings))


# --- An OPA that runs elsewhere -------------------------------------------------------------------------------------


@pytest.mark.service
def test_an_opa_elsewhere_decides_by_its_own_bundle(
    opa: str, certificates: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("YUMEN_TEST_OPA_TOKEN", "sesame")
    monkeypatch.setenv("YUMEN_TEST_BAD_TOKEN", "open")
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")  # nobody between us and the policy

    async def scenario(port: int) -> None:
        def settings(
            url: str = f"https://localhost:{port}", token: str = "env:YUMEN_TEST_OPA_TOKEN", **more: Any
        ) -> Any:
            fields: dict[str, Any] = {"ca_file": certificates / "cert.pem"} | more
            return PolicySettings(engine="opa", opa=OpaSettings(url=url, token=token, **fields), deadline=5)

        engine = await elsewhere(settings())
        assert engine.revision == "team-7"
        assert await engine.evaluate(f"{A}.decision", {"go": True}) == {"allow": True}
        with pytest.raises(PolicyUndefined):
            await engine.evaluate(f"{A}.maybe", {})
        with pytest.raises(PolicyUnavailable):
            await engine.evaluate(f"{A}.wrong", {"zero": 0})
        await engine.close()
        for wrong in (settings(token="env:YUMEN_TEST_BAD_TOKEN"), settings(token=""), settings(ca_file=None)):
            with pytest.raises(PolicyUnavailable):
                await start_engine(PACK, wrong)

    with running_opa(opa, tmp_path, certificates) as port:
        asyncio.run(scenario(port))


@pytest.mark.parametrize(
    ("url", "token"),
    [
        ("http://localhost:8181", "env:X"),
        ("ftp://localhost", ""),
        ("https://user:pass@localhost", ""),
        ("unix://x", ""),
    ],
)
def test_an_unsafe_address_is_refused(url: str, token: str) -> None:
    with pytest.raises(ValueError):
        OpaSettings(url=url, token=token)


def answer(status: str, body: bytes, extra: bytes = b"") -> bytes:
    return (
        f"HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n".encode()
        + extra
        + b"\r\n"
        + body
    )


@pytest.mark.parametrize(
    "said",
    [
        b"",
        b"HTTP/1.1 200 OK\r\n\r\n",
        b"SSH-2.0-OpenSSH\r\n",
        answer("200 OK", b"not json"),
        answer("200 OK", b"[]"),
        answer("200 OK", b"true"),
        answer("200 OK", b'{"result": {"allow": true}}'[:10]),
        answer("500 Oops", b'{"result": {"allow": true}}'),
        answer("401 No", b"{}"),
        answer("302 Found", b"{}", b"Location: http://127.0.0.1:9/\r\n"),
        answer("200 OK", b'{"result": "' + b"x" * (17 << 20) + b'"}'),
        None,
    ],
    ids=lambda said: repr(said[:60]) if said is not None else "hangs",
)
def test_whatever_an_opa_says_that_is_no_answer_is_unavailable(said: bytes | None) -> None:
    async def scenario() -> None:
        good = answer("200 OK", b'{"result": {"allow": false}}')
        lines: list[bytes | None] = [good]

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            try:
                while await reader.readuntil(b"\r\n\r\n"):
                    await reader.read(1 << 16)
                    line = lines[0]
                    if line is None:
                        await asyncio.sleep(30)
                        return
                    writer.write(line)
                    await writer.drain()
                    if line is not good:
                        return
            except (asyncio.IncompleteReadError, ConnectionError):
                pass
            finally:
                writer.close()

        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        settings = PolicySettings(engine="opa", opa=OpaSettings(url=f"http://127.0.0.1:{port}"), deadline=0.5)
        engine = await start_engine(PACK, settings)
        assert engine.revision == "opa:unversioned"
        lines[0] = said
        for _ in range(6):
            with pytest.raises((PolicyUnavailable, PolicyUndefined)):
                await engine.evaluate(f"{A}.decision", {})
        assert not engine.is_ready
        await engine.close()
        server.close()

    asyncio.run(scenario())


def test_the_breaker_opens_tries_and_closes() -> None:
    now = [0.0]
    breaker = Breaker(lambda: now[0], failures=2, pause=1, longest=3)
    steps: list[tuple[str, float, bool]] = [
        # what happens, at what time, and whether a call is admitted after it
        ("failed", 0, True),
        ("failed", 0, False),
        ("", 0.9, False),
        ("", 1.0, True),
        ("", 1.0, False),  # only one may try
        ("failed", 1.0, False),
        ("", 2.9, False),
        ("", 3.0, True),
        ("abandoned", 3.0, True),
        ("failed", 3.0, False),
        ("", 5.9, False),
        ("", 6.0, True),
        ("succeeded", 6.0, True),
        ("failed", 6.0, True),
        ("succeeded", 6.0, True),
        ("failed", 6.0, True),
    ]
    for step, (event, at, admitted) in enumerate(steps):
        now[0] = at
        if event:
            getattr(breaker, event)()
        assert breaker.admits() is admitted, step


def test_tls_is_not_optional() -> None:
    from mcp_server.policy.opa import OpaClient

    context = OpaClient("https://localhost")._tls()
    assert context.verify_mode == ssl.CERT_REQUIRED
    assert context.check_hostname
