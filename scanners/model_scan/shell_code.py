"""Shell scripts and commands: what no honest installation does, told by its form."""

from __future__ import annotations

import re
from itertools import islice

SHELL = re.compile(
    r"\brm\s+-rf?\s+[/~]|\b(?:curl|wget)\s[^|\n]{0,200}\|\s*(?:ba|z|da)?sh\b|/bin/(?:ba|da|z)?sh\s+-[ci]|\bbash\s+-i\b|\bnc\s+(?:-\w+\s+)*-e\b|\bpowershell\b.{0,40}-enc"
)
"""Files deleted from the root, code fetched and run in one go, shells handed to somebody else."""
_SCRIPT = re.compile(
    r"/dev/(?:tcp|udp)/|\bbase64\s{1,9}(?:-d|--decode|-D)\b[^\n]{0,100}\|\s{0,9}(?:ba|z|da)?sh\b|\bcertutil\b[^\n]{0,100}-urlcache|"
    r"\b(?:iex|invoke-expression)\b[^\n]{0,200}\b(?:downloadstring|webrequest|iwr)\b|"
    r"(?:>|\btee\b)\s{0,9}\S{0,100}(?:\.ssh/authorized_keys|/etc/cron|crontab|\.bashrc|\.profile)",
    re.I,
)
_FETCHED = re.compile(r"\b(?:curl|wget)\b[^\n]{0,300}?(?:\s-o|\s-O|--output|>)\s{0,9}[\"']?([^\s\"']{1,100})")
_RUN = r"(?:^|[;&\n])\s{0,9}(?:chmod\s{1,9}\S{1,9}\s{1,9}|(?:ba|z|da)?sh\s{1,9}|\./|start\s{1,9})[\"']?\S{0,100}"
_NEAR = 400
_MAX_SCRIPT = 1 << 20
_MAX_FETCHED = 1000


def harmful_command(text: str) -> str | None:
    """The command in a script that fetches and runs, hands a shell away, or settles in; None without one."""
    text = text[:_MAX_SCRIPT]
    found = SHELL.search(text) or _SCRIPT.search(text)
    if found is not None:
        return found.group()[:200]
    for fetched in islice(_FETCHED.finditer(text), _MAX_FETCHED):
        name = fetched[1].replace("\\", "/").rpartition("/")[2]
        if name and re.search(_RUN + re.escape(name), text[fetched.end() : fetched.end() + _NEAR]):
            return fetched.group()[:200]
    return None
