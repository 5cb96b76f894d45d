"""Writes the sample image `shop`: an OCI layout of two layers, always the same bytes.

The lower layer is an Alpine 3.11 with an old openssl; it also brings a key and Python packages, of which the upper
layer removes one (a whiteout) and a whole cache (an opaque directory).
"""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import tarfile
from pathlib import Path

HERE = Path(__file__).parent / "shop"
SITE = "usr/lib/python3.8/site-packages"
APK = """P:musl
V:1.1.24-r2
A:x86_64
L:MIT
o:musl

P:libssl1.1
V:1.1.1d-r2
A:x86_64
L:OpenSSL
o:openssl

P:openssl
V:1.1.1d-r2
A:x86_64
L:OpenSSL
o:openssl
F:usr/bin
R:openssl

"""
RELEASE = 'NAME="Alpine Linux"\nID=alpine\nVERSION_ID=3.11.6\nPRETTY_NAME="Alpine Linux v3.11"\n'


def python(name: str, version: str) -> tuple[str, str]:
    return f"{SITE}/{name}-{version}.dist-info/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"


LOWER = [
    ("etc/os-release", RELEASE),
    ("lib/apk/db/installed", APK),
    ("usr/bin/openssl", "not a real program\n"),
    ("var/cache/apk/index", "x" * 2000),
    python("jinja2", "2.11.2"),
    python("flask", "1.1.2"),
    python("pyyaml", "5.3"),
]
UPPER = [
    (f"{SITE}/.wh.pyyaml-5.3.dist-info", ""),
    ("var/cache/apk/.wh..wh..opq", ""),
    ("srv/shop/app.py", "print('open')\n"),
]


def layer(files: list[tuple[str, str]]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for path, text in files:
            info = tarfile.TarInfo(path)
            info.size = len(text)
            archive.addfile(info, io.BytesIO(text.encode()))
    return buffer.getvalue()


def sha256(data: bytes) -> str:
    return "sha256:" + hashlib.sha256(data).hexdigest()


def blob(data: bytes, kind: str) -> dict[str, object]:
    path = HERE / "blobs" / sha256(data).replace(":", "/")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return {"mediaType": f"application/vnd.oci.image.{kind}", "digest": sha256(data), "size": len(data)}


def main() -> None:
    layers = [layer(LOWER), layer(UPPER)]
    config = {
        "architecture": "amd64",
        "os": "linux",
        "config": {"Env": ["PATH=/usr/bin:/bin"], "Cmd": ["python3", "/srv/shop/app.py"]},
        "rootfs": {"type": "layers", "diff_ids": [sha256(data) for data in layers]},
    }
    manifest = {
        "schemaVersion": 2,
        "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "config": blob(json.dumps(config).encode(), "config.v1+json"),
        "layers": [blob(gzip.compress(data, 9, mtime=0), "layer.v1.tar+gzip") for data in layers],
    }
    entry = blob(json.dumps(manifest).encode(), "manifest.v1+json")
    entry["annotations"] = {"org.opencontainers.image.ref.name": "shop"}
    (HERE / "index.json").write_text(json.dumps({"schemaVersion": 2, "manifests": [entry]}, indent=1))
    (HERE / "oci-layout").write_text('{"imageLayoutVersion": "1.0.0"}')


if __name__ == "__main__":
    main()
