"""Scanners run here: in a process of their own, under limits, that can be killed without harm to the server."""

from scanners.sandbox.pool import Grant, ProgressListener, Sandbox, ScanFailed, ScanKilled
from scanners.sandbox.settings import SandboxSettings

__all__ = ["Grant", "ProgressListener", "Sandbox", "SandboxSettings", "ScanFailed", "ScanKilled"]
