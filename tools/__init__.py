"""Yumen's own MCP tools: thin and typed, one module a family. Logic lives in `scanners/`, judgement in `policies/`."""
