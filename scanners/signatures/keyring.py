"""Keys that Yumen signs with, and signers that the operator trusts, by name, as plain files in the data directory."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from scanners.errors import YumenError
from scanners.signatures.chains import load_certificates
from scanners.signatures.keys import load_public_key
from scanners.signatures.signing import PrivateKey, load_private_key

_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")


class UnknownName(YumenError):
    """No key or signer of that name is kept here."""

    code = "unknown_name"


class NameTaken(YumenError):
    """A key or signer of that name exists; it is never overwritten."""

    code = "name_taken"


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A private key with the certificates that go with it, leaf first; none for a bare key."""

    name: str
    key: PrivateKey
    chain: tuple[x509.Certificate, ...]


class SigningKeys:
    """`<name>.pem` (private, readable by the owner only) and `<name>.chain.pem` in one folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def names(self) -> list[str]:
        """The names of all keys, sorted."""
        found = self._folder.glob("*.pem") if self._folder.is_dir() else ()
        return sorted(path.stem for path in found if not path.name.endswith(".chain.pem"))

    def load(self, name: str) -> SigningKey:
        """The key called `name`. Raises UnknownName; UnreadableInput if its files are broken."""
        path = self._folder / f"{_checked(name)}.pem"
        if not path.is_file():
            raise UnknownName(
                f"there is no signing key {name!r}", remedy="an operator makes one with `yumen model key create NAME`"
            )
        chain = path.with_suffix(".chain.pem")
        certificates = load_certificates(chain.read_bytes()) if chain.is_file() else []
        return SigningKey(name, load_private_key(path.read_bytes()), tuple(certificates))

    def create(self, name: str, kind: str = "p256") -> SigningKey:
        """A new key of the kind p256, p384, ed25519 or rsa3072. Raises NameTaken."""
        makers: dict[str, Callable[[], PrivateKey]] = {
            "p256": lambda: ec.generate_private_key(ec.SECP256R1()),
            "p384": lambda: ec.generate_private_key(ec.SECP384R1()),
            "ed25519": ed25519.Ed25519PrivateKey.generate,
            "rsa3072": lambda: rsa.generate_private_key(65537, 3072),
        }
        key = makers[kind]()
        pem = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        _write_new(self._folder / f"{_checked(name)}.pem", pem)
        return SigningKey(name, key, ())


@dataclass(frozen=True, slots=True)
class TrustedSigner:
    """Somebody whose signatures the operator accepts, in the one way that is not None."""

    public_key: Path | None = None
    certificate_roots: Path | None = None
    revocation_lists: Path | None = None
    identity: str | None = None
    issuer: str | None = None
    trusted_root: Path | None = None
    timestamp_roots: Path | None = None


class TrustedSigners:
    """One folder per signer: `public_key.pem`, or `roots.pem` (and `revoked.pem`), and `signer.json` with the identity."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def names(self) -> list[str]:
        """The names of all signers, sorted."""
        return sorted(path.name for path in self._folder.iterdir()) if self._folder.is_dir() else []

    def load(self, name: str) -> TrustedSigner:
        """The signer called `name`. Raises UnknownName."""
        folder = self._folder / _checked(name)
        if not folder.is_dir():
            raise UnknownName(
                f"no signer is trusted under the name {name!r}",
                remedy="an operator adds one with `yumen model trust add NAME`",
            )

        def file(kept: str) -> Path | None:
            return folder / kept if (folder / kept).is_file() else None

        who = json.loads(path.read_text()) if (path := file("signer.json")) is not None else {}
        return TrustedSigner(
            public_key=file("public_key.pem"),
            certificate_roots=file("roots.pem"),
            revocation_lists=file("revoked.pem"),
            identity=who.get("identity"),
            issuer=who.get("issuer"),
            trusted_root=file("trusted_root.json"),
            timestamp_roots=file("timestamp_roots.pem"),
        )

    def add(self, name: str, signer: TrustedSigner) -> None:
        """Keep copies of the files of `signer` under `name`. Raises NameTaken; UnreadableInput if a file is broken."""
        folder = self._folder / _checked(name)
        if folder.exists():
            raise NameTaken(f"a signer is trusted under the name {name!r} already", remedy="remove it first")
        contents: dict[str, bytes] = {}
        if signer.public_key is not None:
            load_public_key(contents.setdefault("public_key.pem", signer.public_key.read_bytes()))
        if signer.certificate_roots is not None:
            load_certificates(contents.setdefault("roots.pem", signer.certificate_roots.read_bytes()))
        if signer.revocation_lists is not None:
            contents["revoked.pem"] = signer.revocation_lists.read_bytes()
        if signer.trusted_root is not None:
            contents["trusted_root.json"] = signer.trusted_root.read_bytes()
        if signer.timestamp_roots is not None:
            load_certificates(contents.setdefault("timestamp_roots.pem", signer.timestamp_roots.read_bytes()))
        who: Mapping[str, str | None] = {"identity": signer.identity, "issuer": signer.issuer}
        contents["signer.json"] = json.dumps({key: value for key, value in who.items() if value}).encode()
        for kept, content in contents.items():
            _write_new(folder / kept, content)

    def remove(self, name: str) -> None:
        """Trust `name` no more. Raises UnknownName."""
        self.load(name)
        folder = self._folder / name
        for path in folder.iterdir():
            path.unlink()
        folder.rmdir()


def _checked(name: str) -> str:
    if _NAME.fullmatch(name) is None:
        raise UnknownName(f"{name!r} is no name", remedy="names are lower-case letters, digits, '.', '_' and '-'")
    return name


def _write_new(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    except FileExistsError:
        raise NameTaken(f"{path.stem!r} exists already", remedy="choose another name") from None
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
