"""TLS connections to receivers: contexts that always verify, and streams opened within a time limit."""

from __future__ import annotations

import asyncio
import ssl

import httpx

from mcp_server.audit.sinks.interface import SinkUnavailable
from mcp_server.audit.sinks.settings import TlsSettings
from mcp_server.secrets import KeyUnusable

Stream = tuple[asyncio.StreamReader, asyncio.StreamWriter]
_LOOPBACK = frozenset(("127.0.0.1", "::1", "localhost"))


def context(tls: TlsSettings) -> ssl.SSLContext:
    """Raises KeyUnusable for certificate or key files that cannot be used."""
    try:
        made = ssl.create_default_context(cafile=tls.ca)
        made.minimum_version = ssl.TLSVersion.TLSv1_2
        if tls.certificate is not None:
            made.load_cert_chain(tls.certificate, tls.key)
    except (OSError, ssl.SSLError) as error:
        raise KeyUnusable("a TLS file of an audit sink cannot be used", detail=str(error)) from error
    return made


async def connect(host: str, port: int, tls: TlsSettings | None, timeout: float) -> Stream:
    """Raises SinkUnavailable: unreachable, a certificate that does not verify, or the clear to another machine."""
    if tls is None and host not in _LOOPBACK:
        raise SinkUnavailable(f"records are not sent in the clear to {host}", remedy="configure tls for this sink")
    try:
        return await asyncio.wait_for(
            asyncio.open_connection(
                host,
                port,
                ssl=context(tls) if tls else None,
                server_hostname=(tls.server_name or host) if tls else None,
            ),
            timeout,
        )
    except ssl.SSLError as error:
        raise SinkUnavailable(f"the certificate of {host}:{port} is refused", detail=str(error)) from error
    except (OSError, TimeoutError) as error:
        raise SinkUnavailable(f"{host}:{port} cannot be reached", detail=repr(error)) from error


def client(tls: TlsSettings, timeout: float) -> httpx.AsyncClient:
    """A pooled HTTP client that verifies the receiver."""
    return httpx.AsyncClient(verify=context(tls), timeout=timeout, trust_env=False)
