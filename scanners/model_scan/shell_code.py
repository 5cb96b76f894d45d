"""Shell scripts and commands: what no honest installation does, told by its form."""

from __future__ import annotations

import re

SHELL = re.compile(
    r"\brm\s+-rf?\s+[/~]|\b(?:curl|wget)\s[^|\n]{0,200}\|\s*(?:ba|z|da)?sh\b|/bin/(?:ba|da|z)?sh\s+-[ci]|\bbash\s+-i\b|\bnc\s+(?:-\w+\s+)*-e\b|\bpowershell\b.{0,40}-enc"
)
"""Files deleted from the root, code fetched and run in one go, shells handed to somebody else."""
_SCRIPT = re.compile(
    r"/dev/(?:tcp|udp)/|\bbase64\s+(?:-d|--decode|-D)\b[^\n]{0,100}\|\s*(?:ba|z|da)?sh\b|\bcertutil\b[^\n]{0,100}-urlcache|"
    r"\b(?:iex|invoke-expression)\b[^\n]{0,200}\b(?:downloadstring|webrequest|iwr)\b|"
    r"\b(?:curl|wget)\b[^\n]{0,300}(?:-o|-O|--output|>)\s*(\S+)[^\0]{0,300}?(?:^|[;&\n])\s*(?:chmod\s+\S+\s+|(?:ba|z|da)?sh\s+|\./|start\s+)\S*\1|"
    r"(?:>>?|\btee\b)\s*\S*(?:\.ssh/authorized_keys|/etc/cron|crontab|\.bashrc|\.profile)",
    re.I | re.M,
)
_MAX_SCRIPT = 1 << 20


def harmful_command(text: str) -> str | None:
    """The command in a script that fetches and runs, hands a shell away, or settles in; None without one."""
    found = SHELL.search(text[:_MAX_SCRIPT]) or _SCRIPT.search(text[:_MAX_SCRIPT])
    return found.group()[:200] if found is not None else None
