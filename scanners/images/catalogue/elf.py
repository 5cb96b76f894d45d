"""Just enough of ELF, PE and Mach-O to find a section's bytes by name, and bytes by virtual address."""

from __future__ import annotations

import mmap
import struct
from dataclasses import dataclass

Buffer = bytes | mmap.mmap

MAGICS = (b"\x7fELF", b"MZ", b"\xcf\xfa\xed\xfe", b"\xce\xfa\xed\xfe")
MAXIMUM_SECTIONS = 4096


@dataclass(frozen=True, slots=True)
class Section:
    """A stretch of the file, and where it is in memory."""

    name: str
    address: int
    offset: int
    size: int
    writable: bool = False


@dataclass(frozen=True, slots=True)
class Program:
    """The sections of an executable file (for ELF without section headers: its segments, unnamed)."""

    data: Buffer
    sections: tuple[Section, ...]
    big_endian: bool = False
    pointer_size: int = 8
    executable: bool = False
    """Whether Linux would run it, where a library or an object file is only part of a program."""

    def section(self, name: str) -> bytes | None:
        """The content of a section; None if there is none, or if it lies outside of the file."""
        for section in self.sections:
            if section.name == name:
                end = section.offset + section.size
                return self.data[section.offset : end] if end <= len(self.data) else None
        return None

    def at(self, address: int, size: int) -> bytes | None:
        """The bytes that are loaded at an address."""
        for section in self.sections:
            start = address - section.address
            if section.address and start >= 0 and start + size <= section.size:
                begin = section.offset + start
                return self.data[begin : begin + size] if begin + size <= len(self.data) else None
        return None


def parse(data: Buffer) -> Program | None:
    """The program in a file; None if it is none, or too damaged to tell."""
    try:
        if data[:4] == b"\x7fELF":
            return _elf(data)
        if data[:2] == b"MZ":
            return _pe(data)
        return _macho(data)
    except (struct.error, IndexError):
        return None


def _elf(data: Buffer) -> Program | None:
    wide, big = data[4] == 2, data[5] == 2
    order = ">" if big else "<"
    if wide:
        program_at, section_at = struct.unpack_from(order + "QQ", data, 32)
        program_size, programs, section_size, sections, names = struct.unpack_from(order + "5H", data, 54)
    else:
        program_at, section_at = struct.unpack_from(order + "II", data, 28)
        program_size, programs, section_size, sections, names = struct.unpack_from(order + "5H", data, 42)
    found: list[Section] = []
    if section_at and sections and sections <= MAXIMUM_SECTIONS and section_at + sections * section_size <= len(data):
        headers = []
        for number in range(sections):
            at = section_at + number * section_size
            name, kind = struct.unpack_from(order + "II", data, at)
            form, place = ("QQQQ", at + 8) if wide else ("IIII", at + 8)
            flags, address, offset, size = struct.unpack_from(order + form, data, place)
            headers.append((name, kind, flags, address, offset, size))
        if names < len(headers):
            table = headers[names]
            text = data[table[4] : table[4] + min(table[5], 2**20)]
            for name, kind, flags, address, offset, size in headers:
                if kind != 8:  # SHT_NOBITS has no bytes in the file
                    end = text.find(b"\0", name)
                    label = text[name:end].decode("latin-1") if name < len(text) else ""
                    found.append(Section(label, address, offset, size, bool(flags & 1)))
    if not found:
        for number in range(min(programs, MAXIMUM_SECTIONS)):
            at = program_at + number * program_size
            if wide:
                kind, flags, offset, address, _, size = struct.unpack_from(order + "IIQQQQ", data, at)
            else:
                kind, offset, address, _, size, _, flags = struct.unpack_from(order + "7I", data, at)
            if kind == 1:  # PT_LOAD
                found.append(Section("", address, offset, size, bool(flags & 2)))
    executable = _runs(data, order, wide, program_at, program_size, programs)
    return Program(data, tuple(found), big, 8 if wide else 4, executable)


def _runs(data: Buffer, order: str, wide: bool, program_at: int, program_size: int, programs: int) -> bool:
    """By its kind; of a shared object, by the interpreter that it asks for or the mark of a static program."""
    (kind,) = struct.unpack_from(order + "H", data, 16)
    if kind != 3:  # ET_DYN
        return bool(kind == 2)  # ET_EXEC
    dynamic: int | None = None
    for number in range(min(programs, MAXIMUM_SECTIONS)):
        at = program_at + number * program_size
        (segment,) = struct.unpack_from(order + "I", data, at)
        if segment == 3:  # PT_INTERP
            return True
        if segment == 2 and dynamic is None:  # PT_DYNAMIC; there is one
            dynamic = at
    return dynamic is not None and _is_static_pie(data, order, wide, dynamic)


def _is_static_pie(data: Buffer, order: str, wide: bool, at: int) -> bool:
    form, width = ("qQ", 16) if wide else ("iI", 8)
    offset, size = struct.unpack_from(order + ("8xQ16xQ" if wide else "4xI8xI"), data, at)
    for entry in range(offset, min(offset + min(size, 2**16), len(data) - width), width):
        tag, value = struct.unpack_from(order + form, data, entry)
        if tag == 0x6FFFFFFB and value & 0x08000000:  # DT_FLAGS_1, DF_1_PIE
            return True
    return False


def _pe(data: Buffer) -> Program | None:
    (header,) = struct.unpack_from("<I", data, 60)
    if data[header : header + 4] != b"PE\0\0":
        return None
    count, optional = struct.unpack_from("<H12xH", data, header + 6)
    wide = struct.unpack_from("<H", data, header + 24)[0] == 0x20B
    base = struct.unpack_from("<Q", data, header + 48)[0] if wide else struct.unpack_from("<I", data, header + 52)[0]
    found = []
    for number in range(min(count, MAXIMUM_SECTIONS)):
        at = header + 24 + optional + number * 40
        name = data[at : at + 8].rstrip(b"\0").decode("latin-1")
        _, address, size, offset = struct.unpack_from("<4I", data, at + 8)
        (flags,) = struct.unpack_from("<I", data, at + 36)
        found.append(Section(name, base + address, offset, size, bool(flags & 0x80000000)))
    return Program(data, tuple(found), False, 8 if wide else 4)


def _macho(data: Buffer) -> Program | None:
    wide = data[:4] == b"\xcf\xfa\xed\xfe"
    (commands,) = struct.unpack_from("<I", data, 16)
    at = 32 if wide else 28
    found = []
    for _ in range(min(commands, MAXIMUM_SECTIONS)):
        kind, length = struct.unpack_from("<II", data, at)
        if kind == (0x19 if wide else 0x1):  # LC_SEGMENT(_64)
            count = struct.unpack_from("<I", data, at + (64 if wide else 48))[0]
            step, first = (80, at + 72) if wide else (68, at + 56)
            for number in range(min(count, MAXIMUM_SECTIONS)):
                place = first + number * step
                name = data[place : place + 16].rstrip(b"\0").decode("latin-1")
                form = "<QQI" if wide else "<III"
                address, size, offset = struct.unpack_from(form, data, place + 32)
                found.append(Section(name, address, offset, size, name in ("__go_buildinfo", "__data")))
        if length < 8:
            return None
        at += length
    return Program(data, tuple(found), False, 8 if wide else 4)
