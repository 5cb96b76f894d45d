"""`[models]`: the keys that models are encrypted to, by the name under which a caller may ask for them."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import BaseModel, ConfigDict, Field

from mcp_server.secrets import text_secret
from scanners.errors import UnreadableInput
from scanners.model_files.encryption import Identity


class ModelSettings(BaseModel):
    """What the operator says of models at rest."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    decryption_keys: Mapping[str, str] = Field(
        default={},
        description="Name -> age identity (AGE-SECRET-KEY-1…), as env:NAME or file:/path. Who may name which is for policy "
        "to say, by `input.arguments.decryption_key`",
    )


class ConfiguredKeys:
    """Implements `tools.model_words.DecryptionKeys`. A reference is followed each time, so a key can be rotated."""

    def __init__(self, settings: ModelSettings) -> None:
        self._references = settings.decryption_keys

    def identity(self, name: str) -> Identity:
        """Raises UnreadableInput for a name that there is not, KeyUnusable for a key that cannot be read."""
        reference = self._references.get(name)
        if reference is None:
            raise UnreadableInput(
                "there is no decryption key of that name", remedy="ask the operator for the name under [models]"
            )
        text = text_secret(reference, f"decryption key {name!r}")
        # An age key file: comments, and one identity a line.
        lines = [line.strip() for line in text.splitlines() if line.strip() and not line.startswith("#")]
        return Identity(lines[0] if lines else "")
