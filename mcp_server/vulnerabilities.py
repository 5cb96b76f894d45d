"""`[vulnerabilities]`: whose signature the vulnerability database must carry."""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from mcp_server.secrets import KeyUnusable


class VulnerabilitySettings(BaseModel):
    """What the operator says of the vulnerability database."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    signed_by: tuple[Path, ...] = Field(
        default=(),
        description="Files with public keys (PEM). With any, no scan uses a database that the holder of one of them did not "
        "sign (`yumen db sign`): it is an error, never a pass. Empty: the database is used as it lies in the data directory",
    )


class ConfiguredSigners:
    """Implements `tools.vulnerability_data.DatabaseSigners`. Files are read each time, so a key can be replaced."""

    def __init__(self, settings: VulnerabilitySettings) -> None:
        self._files = settings.signed_by

    def public_keys(self) -> tuple[str, ...]:
        """Raises KeyUnusable for a file that cannot be read."""
        try:
            return tuple(file.read_text("ascii") for file in self._files)
        except (OSError, UnicodeDecodeError) as error:
            raise KeyUnusable("a key under [vulnerabilities] cannot be read", detail=str(error)) from error
