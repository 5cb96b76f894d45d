"""A repository behind mirrors: they are asked first, and the registry itself for what they do not give.

A mirror gets no credentials. What a digest names is that, whoever sends it; what a tag names is what the mirror says, so a
mirror is as much to be relied on as the registry where tags are pulled.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from scanners.errors import TargetMissing
from scanners.oci import digests
from scanners.oci.client import RegistryFailed, Repository


class Mirrored:
    """The same repository at several hosts. One that fails or lies is not asked again."""

    def __init__(self, hosts: Sequence[Repository]) -> None:
        """`hosts` in the order in which they are asked; the registry itself comes last."""
        self._hosts = list(hosts)
        self._sending = self._hosts[0]

    def manifest(self, wanted: str) -> tuple[bytes, str]:
        """From the first that has it. Raises as the last host does."""
        for host in tuple(self._hosts):
            try:
                found = host.manifest(wanted)
                if ":" in wanted:
                    digests.verify(found[0], wanted, "the manifest")
                return found
            except TargetMissing:
                if host is self._hosts[-1]:
                    raise
            except (RegistryFailed, digests.DigestMismatch):
                if not self._drop(host):
                    raise
        raise AssertionError("unreachable")

    def referrers(self, digest: str) -> bytes | None:
        """From the first that keeps them: a mirror of images may know nothing of signatures."""
        return next((found for host in self._hosts if (found := host.referrers(digest)) is not None), None)

    def blob(self, digest: str, start: int) -> Iterator[bytes]:
        """From the first that has it; where one breaks off, the next goes on."""
        for host in tuple(self._hosts):
            self._sending = host
            try:
                for piece in host.blob(digest, start):
                    start += len(piece)
                    yield piece
                return
            except TargetMissing:
                if host is self._hosts[-1]:
                    raise
            except RegistryFailed:
                if not self._drop(host):
                    raise

    def distrust(self) -> bool:
        """Whoever sent the last blob sent what it should not have."""
        return self._drop(self._sending)

    def _drop(self, host: Repository) -> bool:
        if host is self._hosts[-1]:
            return False
        self._hosts.remove(host)
        return True
