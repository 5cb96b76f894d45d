"""Credentials for registries, by reference: Docker's configuration, its credential helpers, or a named secret."""

from __future__ import annotations

import base64
import binascii
import json
import re
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, overload

from scanners.errors import UnreadableInput

_HELPER = re.compile(r"[A-Za-z0-9][A-Za-z0-9_\-]{0,63}\Z")
HELPER_SECONDS = 20
_NOT_FOUND = b"credentials not found"
"""What a helper says that has none for the registry (its package `credentials`)."""
DOCKER_HUB = "https://index.docker.io/v1/"


@dataclass(frozen=True, slots=True, repr=False)
class Credentials:
    """A user and a secret, or a token."""

    user: str
    secret: str
    kind: Literal["password", "identity", "bearer"] = "password"
    """identity: a refresh token that the registry's token service changes for others (OAuth 2); bearer: sent as it is."""


def from_docker_config(path: Path, registry: str) -> Credentials | None:
    """What a Docker configuration file knows of a registry; asks its credential helper where it names one.

    Raises UnreadableInput for a file that is none, and for a helper that fails.
    """
    if not path.is_file():
        return None
    try:
        config = json.loads(path.read_bytes())
        auths, helpers, store = config.get("auths") or {}, config.get("credHelpers") or {}, config.get("credsStore")
        names = [registry, f"https://{registry}"] + ([DOCKER_HUB] if registry == "docker.io" else [])
        for name in names:
            if helper := helpers.get(name) or (store if name in auths else None):
                return _from_helper(str(helper), name)
            if found := _written(auths.get(name) or {}):
                return found
    except (ValueError, AttributeError, TypeError, binascii.Error) as error:
        raise UnreadableInput(f"{path.name} is not a Docker configuration file") from error
    # A store that was not told of this registry may know nothing of it: then nobody is known to it.
    return _from_helper(str(store), names[-1], required=False) if store else None


def _written(entry: Mapping[str, str]) -> Credentials | None:
    """What stands in the file itself."""
    if entry.get("registrytoken"):
        return Credentials("", entry["registrytoken"], "bearer")
    if entry.get("identitytoken"):
        return Credentials("", entry["identitytoken"], "identity")
    if not entry.get("auth"):
        return None
    user, _, secret = base64.b64decode(entry["auth"], validate=True).decode().partition(":")
    return Credentials(user, secret)


@overload
def _from_helper(name: str, registry: str) -> Credentials: ...
@overload
def _from_helper(name: str, registry: str, *, required: Literal[False]) -> Credentials | None: ...
def _from_helper(name: str, registry: str, *, required: bool = True) -> Credentials | None:
    """Ask 'docker-credential-NAME get' (github.com/docker/docker-credential-helpers)."""
    if not _HELPER.match(name):
        raise UnreadableInput(f"{name[:64]!r} is not the name of a credential helper")
    try:
        done = subprocess.run(
            [f"docker-credential-{name}", "get"], input=registry.encode(), capture_output=True, timeout=HELPER_SECONDS
        )
        answer: Mapping[str, str] = json.loads(done.stdout) if done.returncode == 0 else {}
        if not required and done.returncode and _NOT_FOUND in done.stdout:
            return None
    except (OSError, subprocess.TimeoutExpired, ValueError):
        answer = {}
    if not answer.get("Username") or "Secret" not in answer:
        raise UnreadableInput(f"the credential helper {name} knows no credentials for {registry}")
    if answer["Username"] == "<token>":
        return Credentials("", answer["Secret"], "identity")
    return Credentials(answer["Username"], answer["Secret"])
