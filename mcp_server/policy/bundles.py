"""Bundles: a pack as one tar.gz, signed or not, as OPA builds and reads them."""

from __future__ import annotations

import gzip
import io
import json
import tarfile
from collections.abc import Mapping
from pathlib import Path

from mcp_server.policy.errors import PolicyInvalid, Problem
from mcp_server.policy.packs import MAX_FILE, MAX_FILES, Pack, files_of, parse_pack
from mcp_server.policy.signatures import MANIFEST, SIGNATURES, VerificationKey, verify

MAX_BUNDLE = 256 << 20
"""Bytes of a bundle, unpacked."""


def load_bundle(content: bytes, *, source: str, keys: Mapping[str, VerificationKey], prefix: str = "") -> Pack:
    """The pack in a bundle. With `keys` it must be signed with one of them; without, signatures are not looked at.

    Raises PolicyInvalid.
    """
    files = read_archive(content, source)
    if keys:
        verify(files, keys, source)
    wanted = {
        name: text
        for name, text in files.items()
        if name.endswith((".rego", ".json", ".yaml")) and not name.rpartition("/")[2].startswith(".")
    }
    return parse_pack(wanted, source=source, prefix=prefix)


def read_archive(content: bytes, source: str) -> dict[str, bytes]:
    """The regular files of a tar.gz by their paths. Raises PolicyInvalid for anything that is no plain bundle."""

    def wrong(message: str) -> PolicyInvalid:
        return PolicyInvalid([Problem(source, 0, 0, message)])

    files: dict[str, bytes] = {}
    left = MAX_BUNDLE
    try:
        with tarfile.open(fileobj=io.BytesIO(content), mode="r|gz") as archive:
            for member in archive:
                if member.isdir():
                    continue
                name = member.name.removeprefix("./").lstrip("/")
                parts = name.split("/")
                if not member.isreg():
                    raise wrong(f"holds {name!r}, which is no regular file")
                if not name or ".." in parts or "" in parts or name in files:
                    raise wrong(f"holds a file with an impossible or repeated name: {name!r:.200}")
                left -= member.size
                if member.size > MAX_FILE or left < 0 or len(files) >= MAX_FILES:
                    raise wrong(f"is larger than {MAX_BUNDLE} bytes or {MAX_FILES} files")
                stream = archive.extractfile(member)
                files[name] = stream.read() if stream is not None else b""
    except (tarfile.TarError, OSError, EOFError, ValueError) as error:
        raise wrong(f"is not a tar.gz: {error}") from None
    if not files:
        raise wrong("holds nothing")
    return files


def bundle_files(folder: Path, pack: Pack) -> dict[str, bytes]:
    """What goes into the bundle of the pack in `folder`: its files, and a manifest that names its revision."""
    files = {path.relative_to(folder).as_posix(): path.read_bytes() for path in files_of(folder)}
    manifest: dict[str, object] = {"roots": roots(pack), "rego_version": 1}
    try:
        given = json.loads((folder / MANIFEST).read_text("utf-8"))
        manifest |= given if isinstance(given, dict) else {}
    except FileNotFoundError:
        pass
    except ValueError as error:
        raise PolicyInvalid([Problem(str(folder / MANIFEST), 0, 0, f"not JSON: {error}")]) from None
    manifest["revision"] = pack.revision
    files[MANIFEST] = json.dumps(manifest, indent=2).encode()
    return files


def write_archive(files: Mapping[str, bytes]) -> bytes:
    """A tar.gz of `files`, the same bytes for the same files whenever it is made."""
    packed = io.BytesIO()
    with gzip.GzipFile(fileobj=packed, mode="wb", mtime=0) as zipped, tarfile.open(fileobj=zipped, mode="w") as archive:
        # OPA reads the signatures first where they stand first.
        for name in sorted(files, key=lambda name: (name != SIGNATURES, name)):
            member = tarfile.TarInfo(name)
            member.size = len(files[name])
            member.mode = 0o644
            archive.addfile(member, io.BytesIO(files[name]))
    return packed.getvalue()


def roots(pack: Pack) -> list[str]:
    """The top-level names that a pack's modules and data take."""
    return sorted({module.package.split(".")[0] for module in pack.modules} | set(pack.data))
