"""What an HTTP request must show before the protocol code sees a byte of its body."""

from mcp_server.edge.doors import Doors
from mcp_server.edge.layer import PASSAGE, PRINCIPAL, Edge, Passage, transport_security
from mcp_server.edge.refusals import OnRefused, Refusal
from mcp_server.edge.wire import http_protocol

__all__ = [
    "PASSAGE",
    "PRINCIPAL",
    "Doors",
    "Edge",
    "OnRefused",
    "Passage",
    "Refusal",
    "http_protocol",
    "transport_security",
]
