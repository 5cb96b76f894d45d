"""Linux Landlock: a process gives up every file it does not need, and the network, for good.

Source: Documentation/userspace-api/landlock.rst of the Linux kernel. The three system calls have the same numbers on
every architecture. Where the kernel lacks Landlock, `restrict` returns False and the caller says so in its health.
"""

from __future__ import annotations

import ctypes
import os
import stat
import struct
from collections.abc import Iterable
from pathlib import Path

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_CREATE_RULESET_VERSION = 1
_RULE_PATH_BENEATH, _RULE_NET_PORT = 1, 2
_PR_SET_NO_NEW_PRIVS = 38

_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_DIR = 1 << 0, 1 << 1, 1 << 2, 1 << 3
_NET_TCP, _CONNECT_TCP = 0b11, 0b10  # bind and connect; connect: since version 4
_SCOPES = 0b11  # abstract UNIX sockets, signals: since version 6
# Rights handled by each version: what is handled and not granted is denied.
_FILE_RIGHTS = {1: (1 << 13) - 1, 2: (1 << 14) - 1, 3: (1 << 15) - 1, 4: (1 << 15) - 1, 5: (1 << 16) - 1}


def version() -> int:
    """The Landlock version of the running kernel; 0 where there is none."""
    found = _libc().syscall(_CREATE_RULESET, None, ctypes.c_size_t(0), _CREATE_RULESET_VERSION)
    return max(0, int(found))


def restrict(*, readable: Iterable[Path], writable: Iterable[Path] = (), ports: Iterable[int] = ()) -> bool:
    """From here on this thread, and those it starts, read only below `readable` and write only below `writable`.

    Incoming TCP, outgoing TCP but to `ports`, abstract UNIX sockets and signals to others are denied where the kernel can.
    Paths that do not exist are left out. Returns False if the kernel has no Landlock; then nothing has changed.

    Raises OSError if the kernel has it and refuses.
    """
    found = version()
    if not found:
        return False
    file_rights = _FILE_RIGHTS[min(found, max(_FILE_RIGHTS))]
    attributes = struct.pack("=QQQ", file_rights, _NET_TCP if found >= 4 else 0, _SCOPES if found >= 6 else 0)
    size = 24 if found >= 6 else 16 if found >= 4 else 8
    libc = _libc()
    ruleset = libc.syscall(_CREATE_RULESET, attributes[:size], ctypes.c_size_t(size), 0)
    if ruleset < 0:
        raise OSError(ctypes.get_errno(), "landlock_create_ruleset")
    try:
        for paths, rights in ((readable, _EXECUTE | _READ_FILE | _READ_DIR), (writable, file_rights)):
            for path in paths:
                _allow(libc, ruleset, path, rights)
        for port in ports if found >= 4 else ():
            if libc.syscall(_ADD_RULE, ruleset, _RULE_NET_PORT, struct.pack("=QQ", _CONNECT_TCP, port), 0):
                raise OSError(ctypes.get_errno(), f"landlock_add_rule: port {port}")
        if libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) or libc.syscall(_RESTRICT_SELF, ruleset, 0):
            raise OSError(ctypes.get_errno(), "landlock_restrict_self")
    finally:
        os.close(ruleset)
    return True


def _allow(libc: ctypes.CDLL, ruleset: int, path: Path, rights: int) -> None:
    try:
        descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return
    try:
        if not stat.S_ISDIR(os.fstat(descriptor).st_mode):
            rights &= _EXECUTE | _WRITE_FILE | _READ_FILE
        rule = struct.pack("=Qi", rights, descriptor)
        if libc.syscall(_ADD_RULE, ruleset, _RULE_PATH_BENEATH, rule, 0):
            raise OSError(ctypes.get_errno(), f"landlock_add_rule: {path}")
    finally:
        os.close(descriptor)


def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)
