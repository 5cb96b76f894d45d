"""The named-entity model at start: loaded once, or the server does not start."""

from __future__ import annotations

from pathlib import Path

from scanners.personal_data.detect import check_entity_model
from scanners.personal_data.entity_model import FILE, coverage, read_settings
from scanners.sandbox import Sandbox

SECONDS = 300.0
"""For loading a model."""


async def entity_coverage(data_dir: Path, sandbox: Sandbox) -> str:
    """Which entities a model finds and which are found without one, in words.

    Raises EntityModelUnusable for a model that is configured and cannot be used: a server that promises it does not
    run without it.
    """
    file = data_dir / FILE
    if not file.is_file():
        return coverage(None)
    settings = read_settings(file)
    return coverage(settings, await sandbox.run(check_entity_model, file, deadline=SECONDS))
