"""The secret behind keyed digests: one master key a data directory, one derived key a tenant and purpose."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from scanners.errors import YumenError

_SIZE = 32


class KeyUnusable(YumenError):
    """The master key cannot be read, made or trusted."""

    code = "key_unusable"


def tenant_key(data_dir: Path, tenant: str, purpose: str) -> bytes:
    """32 bytes that belong to one tenant and one purpose (HKDF-SHA256, RFC 5869, of the master key).

    The master key is made on first use (mode 0600) in `<data_dir>/personal_data.key`.
    Raises KeyUnusable when it is of another size or readable by others.
    """
    master = _master(data_dir / "personal_data.key")
    info = f"yumen personal data\x00{purpose}\x00{tenant}".encode()
    return HKDF(algorithm=SHA256(), length=_SIZE, salt=None, info=info).derive(master)


def manifest_key(data_dir: Path, tenant: str) -> Ed25519PrivateKey:
    """The tenant's key for signing redaction manifests. Raises KeyUnusable."""
    return Ed25519PrivateKey.from_private_bytes(tenant_key(data_dir, tenant, "manifest"))


def _master(path: Path) -> bytes:
    try:
        return _checked(path)
    except FileNotFoundError:
        pass
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(secrets.token_bytes(_SIZE))
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(draft, path)  # atomic, and the first one wins
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    except OSError as error:
        raise KeyUnusable("the key for personal data cannot be made", detail=f"{path}: {error}") from error
    return _checked(path)


def _checked(path: Path) -> bytes:
    try:
        mode, key = path.stat().st_mode, path.read_bytes()
    except FileNotFoundError:
        raise
    except OSError as error:
        raise KeyUnusable("the key for personal data cannot be read", detail=f"{path}: {error}") from error
    if mode & 0o077 or len(key) != _SIZE:
        raise KeyUnusable(
            "the key for personal data is damaged or readable by others", remedy="run `yumen doctor`", detail=str(path)
        )
    return key
