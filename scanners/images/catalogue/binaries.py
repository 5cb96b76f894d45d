"""Programs that carry the list of what they were built from (Go's build information, cargo-auditable), or their version;
and those that carry neither."""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator
from typing import Literal

import orjson

from scanners.images.catalogue import elf, programs
from scanners.images.probes import Content, Part, Probe, Seen

GO_MAGIC = b"\xff Go buildinf:"
GO_ALIGNMENT = 16
MAXIMUM_GO = 8 * 2**20
"""Bytes of one string of build information."""
_MAXIMUM_FLAGS = 2**16
_STAMP = re.compile(
    r"-X[ =][\\\"']*([\w./\-~]+)\.(?i:(?:git|build|app|release)?(?:version|tag))=[\\\"']*"
    r"v?([0-9]+\.[0-9]+\.[0-9]+[0-9A-Za-z.+\-]*)"
)
"""'-X main.version=1.2.3' of Go's linker: variables that by their names hold the version."""
_PRINTABLE = re.compile(rb"[ -~]{1,200}\Z")
MAXIMUM_RUST = 8 * 2**20
"""Bytes of the list, uncompressed: what cargo-auditable's own reader accepts by default."""


def look(path: str, content: Content) -> Seen | None:
    """The packages of a program; None for one that says nothing."""
    program = elf.parse(content.data)
    if program is None:
        return None
    if (rust := program.section(".dep-v0")) is not None:
        return _rust(rust)
    found = _go_header(program)
    if found is not None:
        return _go(program, *found)
    return programs.look(path, content.data) or (Seen("program", opaque=True) if program.executable else None)


def _go_header(program: elf.Program) -> tuple[int, int] | None:
    """Offset of Go's build information, and the end of where it may lie (debug/buildinfo)."""
    for section in program.sections:
        if section.name in (".go.buildinfo", "__go_buildinfo"):
            return _find_magic(program.data, section.offset, section.offset + min(section.size, 2**20))
    # Without that section the linker put it at the start of the first writable one.
    for section in program.sections:
        if section.writable and section.name in ("", ".data", "__data"):
            found = _find_magic(program.data, section.offset, section.offset + min(section.size, 2**16))
            return found and (found[0], section.offset + section.size)
    return None


def _find_magic(data: elf.Buffer, start: int, end: int) -> tuple[int, int] | None:
    at = data.find(GO_MAGIC, start, end)
    while at >= 0 and (at - start) % GO_ALIGNMENT:
        at = data.find(GO_MAGIC, at + 1, end)
    return (at, end) if at >= 0 else None


def _go(program: elf.Program, at: int, end: int) -> Seen:
    data = program.data
    header = data[at : at + 32]
    if len(header) < 32:
        return Seen("go", trouble="the build information of Go is cut off")
    if header[15] & 2:  # since Go 1.18 the strings follow, each behind its length
        version, next_at = _inline(data, at + 32)
        modules, _ = _inline(data, next_at) if version is not None else (None, 0)
    else:  # before, the header holds pointers to Go strings
        size = header[14]
        order: Literal["big", "little"] = "big" if header[15] & 1 else "little"
        version = _pointed(program, header[16 : 16 + size], order)
        modules = _pointed(program, header[16 + size : 16 + 2 * size], order)
    if version is None or modules is None or not _PRINTABLE.match(version):
        return Seen("go", trouble="the build information of Go cannot be read")
    return Seen("go", tuple(_go_parts(version.decode("utf-8", "replace"), modules)))


def _inline(data: elf.Buffer, at: int) -> tuple[bytes | None, int]:
    length = shift = 0
    while True:
        byte = data[at] if at < len(data) and shift < 32 else None
        if byte is None:
            return None, 0
        at += 1
        length |= (byte & 0x7F) << shift
        shift += 7
        if not byte & 0x80:
            break
    if length > MAXIMUM_GO or at + length > len(data):
        return None, 0
    return data[at : at + length], at + length


def _pointed(program: elf.Program, pointer: bytes, order: Literal["big", "little"]) -> bytes | None:
    width = len(pointer)
    if width not in (4, 8):
        return None
    string = program.at(int.from_bytes(pointer, order), 2 * width)
    if string is None:
        return None
    address = int.from_bytes(string[:width], order)
    length = int.from_bytes(string[width:], order)
    if not length:
        return b""
    return program.at(address, length) if length <= MAXIMUM_GO else None


def _go_parts(version: str, modules: bytes) -> Iterator[Part]:
    if version.startswith("go"):
        # 'go1.21.3 X:boringcrypto' names experiments after the release.
        yield Part("golang", "stdlib", version.split()[0])
    # The linker frames the text with 16 bytes of nonsense on each side.
    text = (modules[16:-16] if len(modules) >= 33 else b"").decode("utf-8", "replace")
    pending: tuple[str, str] | None = None
    if "\nmod\t" not in text and text.startswith("path\t"):
        # Built without modules, as distributions do and Go itself: only the program is known.
        path = text[5:].partition("\n")[0]
        pending = ("toolchain", version.split()[0]) if path.startswith("cmd/") else (path, "(devel)")
    for line in text.split("\n"):
        kind, *fields = line.split("\t")
        if kind in ("mod", "dep") and len(fields) >= 2:
            if pending:
                yield Part("golang", *pending)
            stamped = _stamped(text, fields[0]) if kind == "mod" and fields[1] == "(devel)" else ""
            pending = (fields[0], stamped or fields[1])
        elif kind == "=>" and len(fields) >= 2:
            # What was built is the replacement; a replacement by a directory has no version.
            pending = (fields[0], fields[1] or "(devel)")
    if pending:
        yield Part("golang", *pending)


def _stamped(text: str, module: str) -> str:
    """The version that whoever built a program had the linker write into it; empty where they did not, or several."""
    flags = next((line for line in text.split("\n") if line.startswith("build\t-ldflags=")), "")
    found = {
        version
        for where, version in _STAMP.findall(flags[:_MAXIMUM_FLAGS])
        if where == "main" or f"{where}/".startswith(f"{module}/")
    }
    return f"v{found.pop()}" if len(found) == 1 else ""


def _rust(section: bytes) -> Seen:
    unpacker = zlib.decompressobj()
    try:
        text = unpacker.decompress(section, MAXIMUM_RUST)
        if unpacker.unconsumed_tail or not unpacker.eof:
            return Seen("rust", trouble="the list of crates is too large or cut off")
        packages = orjson.loads(text)["packages"]
        parts = tuple(
            Part("cargo", str(package["name"])[:200], str(package["version"])[:200])
            for package in packages
            if package.get("kind", "runtime") == "runtime"
        )
    except (zlib.error, ValueError, KeyError, TypeError, AttributeError):
        return Seen("rust", trouble="the list of crates cannot be read")
    return Seen("rust", parts)


PROBE = Probe("binaries", look, magic=elf.MAGICS, minimum=4096)
