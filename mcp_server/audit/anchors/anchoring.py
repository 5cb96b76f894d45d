"""Sending checkpoints out, and asking at start whether anything outside remembers more than the log holds."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from mcp_server.audit.anchors.settings import AnchorSettings
from mcp_server.audit.anchors.timestamps import Timestamps
from mcp_server.audit.anchors.witness import AnchorUnavailable, CosignerKey, Witness
from mcp_server.audit.errors import BadNote, LogDamaged
from mcp_server.audit.hashes import StoredHashes
from mcp_server.audit.keys import Card, write_durably
from mcp_server.audit.notes import Checkpoint, open_checkpoint

COSIGNED: Final = "cosigned"
"""File in the log's directory with the newest checkpoint that carries witnesses' cosignatures."""

logger = logging.getLogger("yumen.audit")


class Anchors:
    """Every configured anchor of one log. Blocking; used from a thread."""

    def __init__(self, settings: AnchorSettings) -> None:
        self._settings = settings
        self._sending = threading.Lock()
        self._witnesses = [
            Witness(witness.url, CosignerKey.parse(witness.key), timeout=settings.timeout_seconds)
            for witness in settings.witnesses
        ]
        stamps = settings.timestamps
        self._stamps = (
            Timestamps(stamps.url, stamps.roots, stamps.folder, timeout=settings.timeout_seconds) if stamps else None
        )

    def __bool__(self) -> bool:
        return bool(self._settings.files or self._witnesses or self._stamps)

    def check(self, card: Card, hashes: StoredHashes, size: int, note: str | None) -> None:
        """Raises LogDamaged when an anchor remembers more than the log's `size` records, or other ones.

        An anchor that cannot be asked is logged and passed over, unless `require_at_start`; then AnchorUnavailable.
        """
        for where, remembered in self._kept(card):
            if remembered.size > size:
                raise LogDamaged(
                    f"the log was rolled back: {where} remembers {remembered.size} records, here are {size}",
                    remedy="restore the newest copy of the data directory",
                )
            if hashes.root(remembered.size) != remembered.root:
                raise LogDamaged(
                    f"the log was rewritten: {where} remembers other records among the first {remembered.size}",
                    remedy="restore the copy of the data directory that the anchor was made from",
                )
        if note is None:
            return
        for witness in self._witnesses:
            try:
                witness.cosign(note, hashes.node)
            except AnchorUnavailable as error:
                if self._settings.require_at_start:
                    raise
                logger.warning("%s: whether the log was rolled back is not known from it", error.message)

    def _kept(self, card: Card) -> Iterator[tuple[str, Checkpoint]]:
        for path in self._settings.files:
            if path.exists():
                yield f"the anchor file {path.name}", self._opened(path.read_text(), card, path.name)
        if self._stamps is not None:
            stamped = self._stamps.newest()
            if stamped is not None:
                yield "the newest time-stamp", self._opened(stamped, card, "the time-stamped note")

    def _opened(self, note: str, card: Card, where: str) -> Checkpoint:
        try:
            checkpoint = open_checkpoint(note, card.by_id)
        except BadNote as error:
            raise LogDamaged(
                f"{where} is not a checkpoint signed by this log: another log was put here, or the anchor was changed",
                remedy="if a new log was begun on purpose, move the anchor away",
                detail=error.message,
            ) from error
        if checkpoint.origin != card.origin:
            raise LogDamaged(f"{where} belongs to the log {checkpoint.origin!r}")
        return checkpoint

    def send(self, directory: Path, note: str) -> Sequence[str]:
        """Send a checkpoint to every anchor; the problems met, in words. Raises LogDamaged as `check` does."""
        with self._sending:
            return self._send(directory, note)

    def _send(self, directory: Path, note: str) -> Sequence[str]:
        problems = []
        hashes = StoredHashes(directory / "hashes")
        try:
            cosigned = note
            for witness in self._witnesses:
                try:
                    added = witness.cosign(note, hashes.node)
                    cosigned += added[len(note) :]
                except AnchorUnavailable as error:
                    problems.append(error.message)
        finally:
            hashes.close()
        if cosigned != note:
            write_durably(directory / COSIGNED, cosigned.encode(), mode=0o644)
        for path in self._settings.files:
            try:
                write_durably(path, cosigned.encode(), mode=0o644)
            except OSError as error:
                problems.append(f"the anchor file {path.name} cannot be written: {error.strerror}")
        if self._stamps is not None:
            try:
                self._stamps.stamp(cosigned)
            except (AnchorUnavailable, OSError) as error:
                problems.append(str(error))
        return problems
