"""Models encrypted at rest with age (https://c2sp.org/age): read in a stream as what they hold, never written in clear.

An encrypted file is named `<name>.age`. Opened with the private key that it was encrypted to, it counts as `<name>`, so
that a signature or digest that was made before it was encrypted still holds. age authenticates every 64 KiB, so what
comes out is what went in, or an error; that it came from the right people is the signature's to say.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from scanners.errors import UnreadableInput
from scanners.files import RegularFile
from scanners.model_files.reading import SteadyFile

SUFFIX: Final = ".age"


@dataclass(frozen=True, slots=True, repr=False)
class Identity:
    """A private key, `AGE-SECRET-KEY-1…` (an age identity with X25519). Never shown."""

    secret: str


def is_encrypted(name: str) -> bool:
    """Whether a file of that name is opened when there is a key for it."""
    return name.endswith(SUFFIX) and name != SUFFIX


def plain_name(name: str) -> str:
    """What an encrypted file is called when it is opened; any other file's name as it is."""
    return name.removesuffix(SUFFIX) if is_encrypted(name) else name


def require_distinct(files: Sequence[RegularFile]) -> None:
    """Raises UnreadableInput when a file is there both encrypted and in clear: which of them is meant?"""
    names = {file.name for file in files}
    for name in sorted(names):
        if is_encrypted(name) and plain_name(name) in names:
            raise UnreadableInput(
                f"{plain_name(name)!r} is there in clear and encrypted", remedy="remove one of the two"
            )


def decrypt(file: SteadyFile, name: str, identity: Identity, take: Callable[[bytes], object]) -> int:
    """Hand the content of an encrypted file to `take`, piece by piece. Returns how many bytes it has.

    Raises UnreadableInput when it is not encrypted with age or not to this key, was altered or cut off. What `take` was
    given until then is authentic, but not the whole.
    """
    try:
        import pyrage
    except ImportError:
        raise UnreadableInput(
            "this server cannot open files that are encrypted with age",
            remedy="install it with: pip install 'yumen[age]'",
        ) from None
    try:
        opener = pyrage.x25519.Identity.from_str(identity.secret)
    except pyrage.IdentityError:
        raise UnreadableInput("the decryption key is not an age identity", remedy="ask the operator") from None
    sink = _Sink(take)
    try:
        pyrage.decrypt_io(_Source(file.windows(0, file.size)), sink, [opener])
    except pyrage.DecryptError:
        raise UnreadableInput(
            f"{name!r} cannot be opened with that key", remedy="it must be an age file, encrypted to this key"
        ) from None
    except OSError as error:  # what pyrage raises for a chunk that does not authenticate
        raise UnreadableInput(
            f"{name!r} was altered or cut off after it was encrypted", remedy="fetch it again", detail=str(error)
        ) from None
    return sink.count


class _Source:
    """A file's windows, as something to read from."""

    def __init__(self, windows: Iterator[memoryview]) -> None:
        self._windows = windows
        self._left = memoryview(b"")

    def read(self, size: int = -1) -> bytes:
        if not self._left:
            self._left = memoryview(bytes(next(self._windows, b"")))
        size = len(self._left) if size < 0 else size
        piece, self._left = bytes(self._left[:size]), self._left[size:]
        return piece


class _Sink:
    """Gives away what is written to it, and counts."""

    def __init__(self, take: Callable[[bytes], object]) -> None:
        self._take = take
        self.count = 0

    def write(self, data: bytes) -> int:
        self._take(data)
        self.count += len(data)
        return len(data)

    def flush(self) -> None:
        """Nothing is held back."""
