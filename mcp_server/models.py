"""`[models]`: the keys that models are encrypted to, by name, and where the register of models is kept."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict, Field

from mcp_server.secrets import text_secret
from scanners.errors import UnreadableInput

if TYPE_CHECKING:  # the settings are read by every command, the rest by the server alone
    from scanners.bom.register import Register
    from scanners.model_files.encryption import Identity


class ModelSettings(BaseModel):
    """What the operator says of models at rest."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    decryption_keys: Mapping[str, str] = Field(
        default={},
        description="Name -> age identity (AGE-SECRET-KEY-1…), as env:NAME or file:/path. Who may name which is for policy "
        "to say, by `input.arguments.decryption_key`",
    )
    registry: str = Field(
        default="",
        description="PostgreSQL connection string of the register of models, as env:NAME or file:/path, for several "
        "replicas. Empty: a SQLite file in the data directory",
    )


class ConfiguredKeys:
    """Implements `tools.model_words.DecryptionKeys`. A reference is followed each time, so a key can be rotated."""

    def __init__(self, settings: ModelSettings) -> None:
        self._references = settings.decryption_keys

    def identity(self, name: str) -> Identity:
        """Raises UnreadableInput for a name that there is not, KeyUnusable for a key that cannot be read."""
        from scanners.model_files.encryption import Identity

        reference = self._references.get(name)
        if reference is None:
            raise UnreadableInput(
                "there is no decryption key of that name", remedy="ask the operator for the name under [models]"
            )
        text = text_secret(reference, f"decryption key {name!r}")
        # An age key file: comments, and one identity a line.
        lines = [line.strip() for line in text.splitlines() if line.strip() and not line.startswith("#")]
        return Identity(lines[0] if lines else "")


class ConfiguredRegister:
    """Implements `tools.model_records.ModelRegister`."""

    def __init__(self, settings: ModelSettings, data_dir: Path) -> None:
        self._settings = settings
        self._file = data_dir / "models.sqlite"

    def of(self, tenant: str) -> Register:
        """Raises KeyUnusable when the connection string cannot be read."""
        from scanners.bom.register import Register
        from scanners.bom.register_store import FileStore, PostgresStore

        reference = self._settings.registry
        if not reference:
            return Register(FileStore(self._file), tenant)
        return Register(PostgresStore(text_secret(reference, "the register's connection string")), tenant)
