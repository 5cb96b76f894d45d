"""Images written by hand, byte for byte as their specification says, so that each rule can be broken alone."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import tarfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import zstandard

OCI = "application/vnd.oci.image"


def sha256(data: bytes) -> str:
    return "sha256:" + hashlib.sha256(data).hexdigest()


@dataclass
class LayerBuilder:
    """A layer's tar, entry by entry."""

    buffer: io.BytesIO = field(default_factory=io.BytesIO)
    format: int = tarfile.PAX_FORMAT

    def __post_init__(self) -> None:
        self.tar = tarfile.TarFile(fileobj=self.buffer, mode="w", format=self.format)

    def file(self, path: str, content: bytes | str = b"", mode: int = 0o644) -> LayerBuilder:
        data = content.encode() if isinstance(content, str) else content
        info = tarfile.TarInfo(path)
        info.size, info.mode = len(data), mode
        self.tar.addfile(info, io.BytesIO(data))
        return self

    def special(self, path: str, kind: bytes, link: str = "", mode: int = 0o755) -> LayerBuilder:
        info = tarfile.TarInfo(path)
        info.type, info.linkname, info.mode = kind, link, mode
        self.tar.addfile(info)
        return self

    def directory(self, path: str) -> LayerBuilder:
        return self.special(path, tarfile.DIRTYPE)

    def symlink(self, path: str, target: str) -> LayerBuilder:
        return self.special(path, tarfile.SYMTYPE, target)

    def hardlink(self, path: str, target: str) -> LayerBuilder:
        return self.special(path, tarfile.LNKTYPE, target)

    def whiteout(self, path: str) -> LayerBuilder:
        folder, _, name = path.rpartition("/")
        return self.file(f"{folder}/.wh.{name}" if folder else f".wh.{name}")

    def opaque(self, folder: str) -> LayerBuilder:
        return self.file(f"{folder}/.wh..wh..opq")

    def bytes(self) -> bytes:
        self.tar.close()
        return self.buffer.getvalue()


COMPRESSIONS: Mapping[str, tuple[str, Callable[[bytes], bytes]]] = {
    "plain": (f"{OCI}.layer.v1.tar", lambda data: data),
    "gzip": (f"{OCI}.layer.v1.tar+gzip", lambda data: gzip.compress(data, 1, mtime=0)),
    "gzip members": (
        f"{OCI}.layer.v1.tar+gzip",
        lambda data: b"".join(gzip.compress(data[at : at + 1000], mtime=0) for at in range(0, len(data), 1000)),
    ),
    "zstd": (f"{OCI}.layer.v1.tar+zstd", lambda data: zstandard.ZstdCompressor().compress(data)),
    "zstd frames": (
        f"{OCI}.layer.v1.tar+zstd",
        lambda data: b"".join(
            zstandard.ZstdCompressor().compress(data[at : at + 1000]) for at in range(0, len(data), 1000)
        ),
    ),
}


@dataclass
class LayoutBuilder:
    """An OCI layout directory in the making; every document can be changed before it is written."""

    root: Path
    compression: str = "gzip"

    def blob(self, data: bytes) -> str:
        digest = sha256(data)
        path = self.root / "blobs" / digest.replace(":", "/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        return digest

    def descriptor(self, data: bytes, media_type: str, **more: Any) -> dict[str, Any]:
        return {"mediaType": media_type, "digest": self.blob(data), "size": len(data), **more}

    def json(self, document: Any, media_type: str, **more: Any) -> dict[str, Any]:
        return self.descriptor(json.dumps(document).encode(), media_type, **more)

    def manifest(
        self,
        layers: Sequence[bytes],
        *,
        architecture: str = "amd64",
        config: Mapping[str, Any] | None = None,
        change: Callable[[dict[str, Any]], None] = lambda manifest: None,
        **more: Any,
    ) -> dict[str, Any]:
        """Write one image; returns its descriptor."""
        media_type, compress = COMPRESSIONS[self.compression]
        document = {
            "architecture": architecture,
            "os": "linux",
            "rootfs": {"type": "layers", "diff_ids": [sha256(layer) for layer in layers]},
            **(config or {}),
        }
        manifest = {
            "schemaVersion": 2,
            "mediaType": f"{OCI}.manifest.v1+json",
            "config": self.json(document, f"{OCI}.config.v1+json"),
            "layers": [self.descriptor(compress(layer), media_type) for layer in layers],
        }
        change(manifest)
        return self.json(manifest, f"{OCI}.manifest.v1+json", **more)

    def index(self, *descriptors: dict[str, Any]) -> Path:
        (self.root / "oci-layout").write_text('{"imageLayoutVersion": "1.0.0"}')
        (self.root / "index.json").write_text(json.dumps({"schemaVersion": 2, "manifests": list(descriptors)}))
        return self.root


@pytest.fixture
def layer() -> type[LayerBuilder]:
    return LayerBuilder


@pytest.fixture
def layout(tmp_path: Path) -> Callable[..., LayoutBuilder]:
    """`layout("name", compression="zstd")` begins an OCI layout under tmp_path."""

    def begin(name: str = "image", compression: str = "gzip") -> LayoutBuilder:
        root = tmp_path / name
        root.mkdir()
        return LayoutBuilder(root, compression)

    return begin


@pytest.fixture
def image(layout: Callable[..., LayoutBuilder]) -> Callable[..., Path]:
    """`image(layer, layer, …)` writes a whole OCI layout of those layers."""

    def write(*layers: LayerBuilder, compression: str = "gzip", **more: Any) -> Path:
        builder = layout(f"image-{len(layers)}-{compression.replace(' ', '-')}", compression)
        return builder.index(builder.manifest([layer.bytes() for layer in layers], **more))

    return write


@pytest.fixture
def docker_archive(tmp_path: Path) -> Callable[..., Path]:
    """`docker_archive(layer, …, legacy=True)` writes what 'docker save' would."""

    def write(*layers: LayerBuilder, legacy: bool = False, tags: Sequence[str] = ("app:1",)) -> Path:
        contents = [layer.bytes() for layer in layers]
        config = json.dumps(
            {
                "architecture": "amd64",
                "os": "linux",
                "rootfs": {"type": "layers", "diff_ids": [sha256(content) for content in contents]},
            }
        ).encode()
        hexes = [sha256(content)[7:] for content in contents]
        names = [f"{name}/layer.tar" if legacy else f"blobs/sha256/{name}" for name in hexes]
        config_name = sha256(config)[7:] + ".json" if legacy else f"blobs/sha256/{sha256(config)[7:]}"
        manifest = [{"Config": config_name, "RepoTags": list(tags), "Layers": names}]
        archive = LayerBuilder()
        seen: dict[str, str] = {}
        for name, content in zip(names, contents, strict=True):
            if legacy and sha256(content) in seen:
                continue
            seen[sha256(content)] = name
            archive.file(name, content)
        archive.file(config_name, config).file("manifest.json", json.dumps(manifest))
        path = tmp_path / ("legacy.tar" if legacy else "docker.tar")
        path.write_bytes(archive.bytes())
        return path

    return write


@pytest.fixture
def archived() -> Callable[[Path], Path]:
    """An OCI layout directory as an oci-archive."""

    def write(root: Path, mode: str = "w") -> Path:
        path = root.with_suffix(".tar")
        with tarfile.open(path, mode) as archive:
            archive.add(root, arcname=".")
        return path

    return write


DEBIAN = 'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nNAME="Debian GNU/Linux"\nVERSION_ID="12"\nID=debian\n'
ALPINE = 'NAME="Alpine Linux"\nID=alpine\nVERSION_ID=3.11.6\nPRETTY_NAME="Alpine Linux v3.11"\n'


def dpkg_entry(name: str, version: str, *, state: str = "install ok installed", source: str = "") -> str:
    more = f"Source: {source}\n" if source else ""
    return f"Package: {name}\nStatus: {state}\nArchitecture: amd64\n{more}Version: {version}\nDescription: x\n more\n\n"


def apk_entry(name: str, version: str, *, origin: str = "", files: Sequence[str] = ()) -> str:
    lines = [f"P:{name}", f"V:{version}", "A:x86_64", "L:MIT"]
    lines += [f"o:{origin}"] if origin else []
    for file in files:
        folder, _, base = file.rpartition("/")
        lines += [f"F:{folder}", f"R:{base}"]
    return "\n".join(lines) + "\n\n"


def metadata(name: str, version: str) -> str:
    return f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\nLicense: MIT\n\nName: not-this\n"


@pytest.fixture
def samples() -> Any:
    """Texts that make up package databases."""

    class Samples:
        debian, alpine = DEBIAN, ALPINE
        dpkg = staticmethod(dpkg_entry)
        apk = staticmethod(apk_entry)
        python = staticmethod(metadata)

    return Samples
