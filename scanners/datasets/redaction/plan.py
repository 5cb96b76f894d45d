"""What is to be done with a data set. It crosses to the worker as JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from scanners.personal_data.profiles import Profile, profile
from scanners.personal_data.transform import Keys, Transformation, Transformer
from scanners.personal_data.vault import VaultKey

ColumnMethod = Transformation | Literal["empty"]


@dataclass(frozen=True, slots=True, repr=False)
class Secrets:
    """The keys of one scope, in hexadecimal. Never shown."""

    key: str
    """Of surrogates, shifts, hashes, format-preserving encryption, and of the digests in the statement."""
    vault_id: str = ""
    vault_secret: str = ""

    def keys(self) -> Keys:
        vault = VaultKey(self.vault_id, bytes.fromhex(self.vault_secret)) if self.vault_id else None
        return Keys(bytes.fromhex(self.key), vault)


@dataclass(frozen=True, slots=True)
class Plan:
    """Which types count, and what becomes of them."""

    regime: str = ""
    """Name of a profile; without one every type counts."""
    method: Transformation | None = None
    """Default: the profile's, else 'replace'."""
    methods: Mapping[str, Transformation] = field(default_factory=dict)
    """By entity type."""
    columns: Mapping[str, ColumnMethod] = field(default_factory=dict)
    """By name of a column: the whole cell, whatever was found in it; 'empty' leaves nothing."""
    threshold: float = 0.5
    encoding: str = "auto"

    @property
    def profile(self) -> Profile | None:
        return profile(self.regime) if self.regime else None

    def transformer(self, keys: Keys) -> Transformer:
        """Raises UnknownProfile."""
        regime = self.profile
        default = self.method or (regime.method if regime else "replace")
        inherited = regime.methods if regime and self.method is None else {}
        return Transformer(keys, default, {**inherited, **self.methods})

    @property
    def needs_vault(self) -> bool:
        """Whether anything becomes a token."""
        ways = self.transformer(Keys(b""))
        return "token" in (ways.default, *ways.by_type.values(), *self.columns.values())
