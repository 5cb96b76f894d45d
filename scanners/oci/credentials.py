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

from scanners.errors import UnreadableInput

_HELPER = re.compile(r"[A-Za-z0-9][A-Za-z0-9_\-]{0,63}\Z")
HELPER_SECONDS = 20
DOCKER_HUB = "https://index.docker.io/v1/"


@dataclass(frozen=True, slots=True, repr=False)
class Credentials:
    """A user and a secret; a bearer token where the user is '<token>'."""

    user: str
    secret: str


def from_docker_config(path: Path, registry: str) -> Credentials | None:
    """What a Docker configuration file knows of a registry; asks its credential helper where it names one.

    Raises UnreadableInput for a file that is none, and for a helper that fails.
    """
    if not path.is_file():
        return None
    try:
        config = json.loads(path.read_bytes())
        auths, helpers = config.get("auths") or {}, config.get("credHelpers") or {}
        names = [registry, f"https://{registry}"] + ([DOCKER_HUB] if registry == "docker.io" else [])
        for name in names:
            helper = helpers.get(name) or (config.get("credsStore") if name in auths else None)
            if helper:
                return _from_helper(str(helper), name)
            if name in auths and auths[name].get("auth"):
                user, _, secret = base64.b64decode(auths[name]["auth"], validate=True).decode().partition(":")
                return Credentials(user, secret)
    except (ValueError, AttributeError, TypeError, binascii.Error) as error:
        raise UnreadableInput(f"{path.name} is not a Docker configuration file") from error
    return None


def _from_helper(name: str, registry: str) -> Credentials:
    """Ask 'docker-credential-NAME get' (github.com/docker/docker-credential-helpers)."""
    if not _HELPER.match(name):
        raise UnreadableInput(f"{name[:64]!r} is not the name of a credential helper")
    try:
        done = subprocess.run(
            [f"docker-credential-{name}", "get"], input=registry.encode(), capture_output=True, timeout=HELPER_SECONDS
        )
        answer: Mapping[str, str] = json.loads(done.stdout) if done.returncode == 0 else {}
    except (OSError, subprocess.TimeoutExpired, ValueError):
        answer = {}
    if not answer.get("Username") or "Secret" not in answer:
        raise UnreadableInput(f"the credential helper {name} knows no credentials for {registry}")
    return Credentials(answer["Username"], answer["Secret"])
