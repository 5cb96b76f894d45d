"""What lies in the file system that should not: credentials, programs with other people's rights, open doors."""

from __future__ import annotations

from collections.abc import Iterator, Sequence, Set

from scanners.findings import Finding, Location, Severity
from scanners.images import key_files
from scanners.images.configuration import CIS, MAXIMUM_LISTED
from scanners.images.filesystem import FileSystem
from scanners.images.hidden import Hidden
from scanners.images.malware import Matched
from scanners.images.packages import printable

SETUID, SETGID, STICKY, OTHERS_WRITE = 0o4000, 0o2000, 0o1000, 0o002
_EXPECTED = frozenset(
    ("bin/su", "bin/mount", "bin/umount", "usr/bin/su", "usr/bin/mount", "usr/bin/umount", "usr/bin/passwd", "usr/bin/chsh",
     "usr/bin/chfn", "usr/bin/newgrp", "usr/bin/gpasswd", "usr/bin/chage", "usr/bin/expiry", "usr/bin/wall",
     "sbin/unix_chkpwd", "usr/sbin/unix_chkpwd", "usr/sbin/pam_extrausers_chkpwd", "usr/bin/sg")
)  # fmt: skip
"""Set-user programs of a minimal distribution: reported in one finding, not each."""


_CONTROLS = {"setuid": (f"{CIS}: 4.8",)}
"""Which control a kind of finding is of; the benchmark has none about files that others may write, or devices."""


def examine(
    system: FileSystem, layers: Sequence[str], owned: frozenset[str], matched: Sequence[Matched] = ()
) -> Iterator[Finding]:
    """Findings about files. `owned` are paths that operating-system packages brought; `matched`, what rules found."""
    yield from _hidden(system, layers, owned, {(match.layer, match.entry) for match in matched})
    yield from _rights(system, layers)


def _hidden(
    system: FileSystem, layers: Sequence[str], owned: frozenset[str], matched: Set[tuple[int, int]]
) -> Iterator[Finding]:
    places: dict[tuple[str, int, str], list[Hidden]] = {}
    for seen in system.hidden:
        # What a package brought is its own sample; /etc is where people write into its files.
        if seen.path not in owned or seen.path.startswith("etc/"):
            places.setdefault((seen.path, seen.layer, seen.rule), []).append(seen)
    for group in places.values():
        first = group[0]
        if first.kind != "eicar":
            yield _secret(system, layers, group)
        elif (first.layer, first.entry) not in matched:
            yield _malware(first, layers)


def _malware(seen: Hidden, layers: Sequence[str]) -> Finding:
    return Finding(
        "image.malware.eicar",
        "critical",
        f"{printable(seen.path)} is the EICAR malware test file",
        Location(path=printable(seen.path), layer=layers[seen.layer], line=seen.line),
        "EICAR-STANDARD-ANTIVIRUS-TEST-FILE",
        "Find out who put it there",
    )


def _secret(system: FileSystem, layers: Sequence[str], group: list[Hidden]) -> Finding:
    seen = group[0]
    node = system.tree.find(seen.path)
    there = node is not None and node.blob == (seen.layer, seen.entry)
    state = "" if there else ", deleted by a later layer and still in the image"
    lines = ", ".join(str(item.line) for item in group[:10] if item.line) + (", …" if len(group) > 10 else "")
    where = f" in line {lines}; {seen.length} characters" if lines else f"; {seen.length} bytes"
    owner = "; in a library's own files" if seen.of_a_package else ""
    return Finding(
        "image.secret",
        # A store of keys has a password, which may lie elsewhere.
        "low" if seen.of_a_package else "medium" if seen.rule == key_files.STORE else "high",
        f"A credential lies in {printable(seen.path)}{state}",
        Location(path=printable(seen.path), layer=layers[seen.layer], line=seen.line or None),
        f"{seen.rule}{where}{owner}",
        "Revoke it; rebuild without it (build secrets), as deleting it in a later layer does not remove it",
        (f"{CIS}: 4.10",),
    )


def _rights(system: FileSystem, layers: Sequence[str]) -> Iterator[Finding]:
    usual: list[str] = []
    listed = {"setuid": 0, "writable": 0, "device": 0}
    for path, node in system.tree.walk():
        location = Location(path=printable(path), layer=layers[node.layer])
        if node.kind == "file" and node.mode & (SETUID | SETGID) and node.mode & 0o111:
            if path in _EXPECTED:
                usual.append(path)
                continue
            kind, rule, title = "setuid", "image.file.setuid", f"{printable(path)} runs with the rights of its owner"
            severity: Severity = "low"
            remedy = "Remove the bit (chmod a-s) unless the container cannot do without"
        elif node.kind in ("file", "directory") and node.mode & OTHERS_WRITE and not node.mode & STICKY:
            kind, rule, title = "writable", "image.file.world_writable", f"Everybody may write {printable(path)}"
            severity = "low"
            remedy = "Take the right from others (chmod o-w)"
        elif node.kind == "device":
            kind, rule, title = "device", "image.file.device", f"{printable(path)} is a device"
            severity = "info" if path.startswith("dev/") else "medium"
            remedy = "Leave devices to the runtime"
        else:
            continue
        listed[kind] += 1
        if listed[kind] <= MAXIMUM_LISTED:
            yield Finding(
                rule,
                severity,
                title,
                location,
                f"mode {node.mode:04o}, owner {node.uid}",
                remedy,
                _CONTROLS.get(kind, ()),
            )
    for kind, count in listed.items():
        if count > MAXIMUM_LISTED:
            yield Finding(
                f"image.file.{kind}.more", "low", f"{count - MAXIMUM_LISTED} more findings of this kind ({kind})", Location(),
                f"{count} in all", "", (),
            )  # fmt: skip
    if usual:
        yield Finding(
            "image.file.setuid.usual", "info", f"{len(usual)} programs of the distribution run with their owner's rights",
            Location(path=sorted(usual)[0]), ", ".join(sorted(usual)), "Remove the bits where nobody logs in", (f"{CIS}: 4.8",),
        )  # fmt: skip
