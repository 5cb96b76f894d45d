"""What goes over the socket between the server and an engine process: a header, then that many bytes."""

from __future__ import annotations

import struct

HEADER = struct.Struct("<IB")
"""Length of the body in bytes; a question's kind or an answer's status."""
NAME = struct.Struct("<H")
"""Length of the entry point that stands before the input document of EVALUATE."""
MAX_MESSAGE = 512 << 20

LOAD, EVALUATE, LINES, COURSES = range(4)
VALUE, NO_VALUE, FAILED, INVALID = range(4)
