"""A witness over c2sp.org/tlog-witness: it cosigns a checkpoint only if the log has grown from the one before."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import ClassVar, Final

import httpx
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from mcp_server.audit.errors import LogDamaged
from mcp_server.audit.merkle import NodeReader, consistency_proof
from mcp_server.audit.notes import NamedKey, parse_checkpoint, parse_note
from mcp_server.audit.proofs import ConsistencyProof
from scanners.errors import YumenError

_ANSWER_BYTES: Final = 64 << 10


class AnchorUnavailable(YumenError):
    """A witness, time-stamping authority or anchor file that could not be used this time."""

    code: ClassVar[str] = "audit_anchor_unavailable"


@dataclass(frozen=True, slots=True)
class CosignerKey(NamedKey):
    """A witness's Ed25519 cosignature key (c2sp.org/tlog-cosignature)."""

    TYPE = b"\x04"
    KIND = "Ed25519 cosignature"

    def time_of(self, note: str) -> int | None:
        """When this witness cosigned the note, in Unix seconds; None if it did not, or not rightly."""
        parsed = parse_note(note)
        for name, key_id, signature in parsed.signatures:
            if name != self.name or key_id != self.id or len(signature) != 72:
                continue
            (time,) = struct.unpack(">Q", signature[:8])
            message = f"cosignature/v1\ntime {time}\n{parsed.text}"
            try:
                Ed25519PublicKey.from_public_bytes(self.public).verify(signature[8:], message.encode())
            except (InvalidSignature, ValueError):
                return None
            return int(time)
        return None


class Witness:
    """One witness, and the size that it last cosigned as far as this process knows. Blocking."""

    def __init__(self, url: str, key: CosignerKey, *, timeout: float) -> None:
        self._url = f"{url.rstrip('/')}/add-checkpoint"
        self.key = key
        self._timeout = timeout
        self._known = 0

    def cosign(self, note: str, node: NodeReader) -> str:
        """The note with the witness's cosignature added.

        Raises AnchorUnavailable; LogDamaged when the witness remembers more than the log holds, or another history.
        """
        checkpoint = parse_checkpoint(parse_note(note).text)
        size = checkpoint.size
        for _ in range(3):
            proof = ConsistencyProof(self._known, tuple(consistency_proof(self._known, size, node)), note)
            answer = self._post(proof.text)
            if answer.status_code == 200:
                cosigned = note + answer.text
                if self.key.time_of(cosigned) is None:
                    raise AnchorUnavailable(f"witness {self.key.name} answered without a valid cosignature of its own")
                self._known = size
                return cosigned
            if answer.status_code != 409:
                break
            remembered = self._size(answer)
            if remembered > size:
                raise LogDamaged(
                    f"the log was rolled back: witness {self.key.name} saw {remembered} records, here are {size}",
                    remedy="restore the newest copy of the data directory",
                )
            if remembered == self._known:
                break
            self._known = remembered
        if answer.status_code in (409, 422):
            raise LogDamaged(
                f"witness {self.key.name} saw another history of this log: it was rewritten",
                remedy="restore the copy of the data directory whose checkpoint the witness cosigned",
            )
        raise AnchorUnavailable(
            f"witness {self.key.name} refused the checkpoint", detail=f"HTTP {answer.status_code}: {answer.text[:200]}"
        )

    def _post(self, body: str) -> httpx.Response:
        try:
            answer = httpx.post(self._url, content=body.encode(), timeout=self._timeout)
        except httpx.HTTPError as error:
            raise AnchorUnavailable(f"witness {self.key.name} cannot be reached", detail=repr(error)) from error
        if len(answer.content) > _ANSWER_BYTES:
            raise AnchorUnavailable(f"witness {self.key.name} answered too much")
        return answer

    def _size(self, answer: httpx.Response) -> int:
        text = answer.text.strip()
        if not text.isascii() or not text.isdigit() or len(text) > 19:
            raise AnchorUnavailable(f"witness {self.key.name} did not say which size it remembers")
        return int(text)
