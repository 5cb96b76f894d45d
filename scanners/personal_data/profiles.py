"""Profiles: which entities a regime counts, what is done with them, and what a clean answer does not prove."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Annotated

import yaml
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from scanners.errors import YumenError
from scanners.personal_data.entities import Detection
from scanners.personal_data.transform import Transformation


class UnknownProfile(YumenError):
    """No profile of that name ships or is configured."""

    code = "unknown_profile"


class Profile(BaseModel):
    """One regime's view of personal data, versioned."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    version: str
    title: str
    source: str
    entities: Annotated[tuple[str, ...], Field(min_length=1)]
    special: tuple[str, ...] = ()
    """Types that the regime protects more than the others."""
    levels: Mapping[str, int] = Field(default_factory=dict)
    threshold: float = Field(ge=0, le=1)
    thresholds: Mapping[str, float] = Field(default_factory=dict)
    method: Transformation
    methods: Mapping[str, Transformation] = Field(default_factory=dict)
    cannot_claim: Annotated[tuple[str, ...], Field(min_length=1)]

    @property
    def lowest_threshold(self) -> float:
        return min([self.threshold, *self.thresholds.values()])

    def applied(self, found: Detection) -> Detection:
        """Only what this profile counts, each type by its own threshold."""
        kept = tuple(
            entity
            for entity in found.entities
            if entity.type in self.entities and entity.score >= self.thresholds.get(entity.type, self.threshold)
        )
        return Detection(kept, found.skipped, found.unread, found.characters)


@cache
def profiles() -> Mapping[str, Profile]:
    """The shipped profiles by name (policies/config/personal_data)."""
    text = files("policies").joinpath("config/personal_data/data.yaml").read_text(encoding="utf-8")
    return TypeAdapter(dict[str, Profile]).validate_python(yaml.safe_load(text)["profiles"])


def profile(name: str) -> Profile:
    """One profile. Raises UnknownProfile, naming those there are."""
    try:
        return profiles()[name]
    except KeyError:
        raise UnknownProfile(f"no profile {name!r}", remedy=f"use one of {', '.join(sorted(profiles()))}") from None
