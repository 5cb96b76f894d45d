"""The configuration in docs/identity.md is one that loads."""

from __future__ import annotations

import re
from pathlib import Path

from mcp_server import config

GUIDE = Path(__file__).parents[3] / "docs" / "identity.md"


def test_the_guides_configuration_loads(tmp_path: Path) -> None:
    blocks = re.findall(r"```toml\n(.*?)```", GUIDE.read_text(), re.S)
    file = tmp_path / "yumen.toml"
    file.write_text("\n".join(blocks))
    settings = config.load(file)
    (issuer,) = settings.identity.issuers
    assert issuer.claims.role_names["ml-security"] == "operator"
    assert settings.limits.tools["image_scan"].concurrency == 2
    assert settings.limits.shared is not None
