"""Rego and data: who may call, what must hold, which regulation asks for it. A package only so that it is installed."""
