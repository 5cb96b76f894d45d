"""The optional second signature of a checkpoint: ML-DSA-44, which a quantum computer does not forge.

It is a cosignature under the log's own name (c2sp.org/tlog-cosignature, signature type 0x06; c2sp.org/tlog-checkpoint
§Signatures). The Ed25519 signature is always there beside it: an ML-DSA signature alone opens no checkpoint.
"""

from __future__ import annotations

import base64
import struct
import time
from dataclasses import dataclass
from typing import Final

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey, MLDSA44PublicKey

from mcp_server.audit.errors import BadNote
from mcp_server.audit.notes import Checkpoint, NamedKey, check_name, parse_checkpoint
from mcp_server.secrets import KeyUnusable

_LABEL: Final = b"subtree/v1\n\x00"


def _message(name: str, moment: int, checkpoint: Checkpoint) -> bytes:
    """The `cosigned_message` of a whole tree. Raises BadNote for a name or origin beyond 255 bytes."""
    names = [name.encode(), checkpoint.origin.encode()]
    if max(map(len, names)) > 0xFF:
        raise BadNote("an origin of more than 255 bytes cannot be signed with ML-DSA-44", remedy="use a shorter one")
    cosigner, origin = (bytes([len(each)]) + each for each in names)
    return b"".join(
        (_LABEL, cosigner, struct.pack(">Q", moment), origin, struct.pack(">QQ", 0, checkpoint.size), checkpoint.root)
    )


@dataclass(frozen=True, slots=True)
class SecondKey(NamedKey):
    """The public ML-DSA-44 key of a log."""

    TYPE = b"\x06"
    BYTES = 1312
    KIND = "ML-DSA-44"

    def verify(self, text: bytes, signature: bytes) -> bool:
        """Whether a signature (time, then ML-DSA) is over the checkpoint in a note's text. Raises BadNote for no checkpoint."""
        if len(signature) < 8:
            return False
        (moment,) = struct.unpack_from(">Q", signature)
        try:
            public = MLDSA44PublicKey.from_public_bytes(self.public)
            public.verify(signature[8:], _message(self.name, moment, parse_checkpoint(text.decode())))
        except (InvalidSignature, ValueError, UnsupportedAlgorithm):
            return False
        return True


class SecondSigner:
    """A private ML-DSA-44 key that signs checkpoints under a name."""

    def __init__(self, name: str, seed: bytes) -> None:
        """`seed` is the 32 bytes of FIPS 204. Raises KeyUnusable where `cryptography` has no ML-DSA, or for a long name."""
        try:
            self._private = MLDSA44PrivateKey.from_seed_bytes(seed)
        except UnsupportedAlgorithm as error:
            raise KeyUnusable(
                "this build of 'cryptography' has no ML-DSA-44", remedy="install its official wheel, or unset the key"
            ) from error
        if len(name.encode()) > 0xFF:
            raise KeyUnusable("an origin of more than 255 bytes cannot be signed with ML-DSA-44")
        self.verifier = SecondKey(check_name(name), self._private.public_key().public_bytes_raw())

    def line(self, checkpoint: Checkpoint) -> str:
        """The signature line for a checkpoint, with the time now."""
        moment = int(time.time())
        signature = self._private.sign(_message(self.verifier.name, moment, checkpoint))
        encoded = base64.b64encode(self.verifier.id + struct.pack(">Q", moment) + signature).decode()
        return f"\u2014 {self.verifier.name} {encoded}\n"
