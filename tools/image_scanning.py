"""The scan that every tool of the image family judges by: with the server's database, and what its operator gave it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from scanners.images.platforms import ALL, scan_platforms
from scanners.images.scan import ImageScan, scan_image
from tools.context import ToolContext
from tools.image_places import BASES, EXCEPTIONS, RULES, existing
from tools.vulnerability_data import vulnerability_data


async def scanned(target: Path, context: ToolContext, *, platform: str | None, reference: str | None) -> ImageScan:
    """What is in the image at `target` (platform 'all': in those of all its platforms), and what is known to be wrong with it.

    Raises as `scan_image` does, KeyUnusable.
    """
    data = vulnerability_data(context)
    which: dict[str, Any] = {} if platform == ALL else {"platform": platform}
    return await context.scan(
        scan_platforms if platform == ALL else scan_image,
        target,
        data.path,
        **which,
        reference=reference,
        exceptions=existing(context.data_dir / EXCEPTIONS),
        seal=data.seal,
        rules=existing(context.data_dir / RULES),
        bases=existing(context.data_dir / BASES),
    )
