"""A named-entity model of the operator's: which one, where it lies, and what its labels are called here.

Without one, names and addresses are found by rules alone. A model is a folder on this machine; nothing is downloaded.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from scanners.errors import YumenError

FILE = "entity_model.yaml"
"""In the data directory."""
RULES_FIND = ("PERSON", "ADDRESS")
"""What a model would find and the rules find too: by cues, surnames, given names and structure."""
ONLY_A_MODEL = ("LOCATION", "ORGANIZATION", "NRP")
"""What is not found without a model: places, organisations; nationality, religion and politics (Presidio's NRP)."""
LABELS = {
    "PERSON": "PERSON",
    "PER": "PERSON",
    "LOC": "LOCATION",
    "GPE": "LOCATION",
    "FAC": "LOCATION",
    "LOCATION": "LOCATION",
    "ORG": "ORGANIZATION",
    "ORGANIZATION": "ORGANIZATION",
    "NORP": "NRP",
    "person": "PERSON",
    "location": "LOCATION",
    "organization": "ORGANIZATION",
}
"""The usual labels of OntoNotes, CoNLL-2003 and GLiNER."""


class EntityModelUnusable(YumenError):
    """The model is not there, cannot be loaded, or has no label that means anything here."""

    code = "entity_model_unusable"


class EntityModel(BaseModel):
    """`entity_model.yaml` in the data directory."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: Literal["spacy", "transformers", "gliner"] = Field(description="The library that the model is for")
    path: Path = Field(description="Folder of the model, absolute, or relative to the file")
    labels: dict[str, str] = Field(default=LABELS, description="Label of the model -> entity type; others are left out")
    score: float = Field(default=0.85, ge=0, le=1, description="Confidence of a model that gives none (spaCy)")


def read_settings(file: Path) -> EntityModel:
    """Raises EntityModelUnusable."""
    try:
        settings = EntityModel.model_validate(yaml.safe_load(file.read_text(encoding="utf-8")))
    except (OSError, yaml.YAMLError, UnicodeDecodeError) as error:
        raise EntityModelUnusable(f"{file.name} cannot be read", detail=str(error)) from error
    except ValidationError as error:
        problems = "; ".join(f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors())
        raise EntityModelUnusable(
            f"{file.name}: {problems}", remedy="kind, path, labels and score are what it knows"
        ) from None
    path = (file.parent / settings.path).resolve()
    if not path.is_dir():
        raise EntityModelUnusable(
            f"{file.name}: there is no folder {path.name!r}", remedy="models are not downloaded: put it there"
        )
    return settings.model_copy(update={"path": path})


def coverage(settings: EntityModel | None, found: tuple[str, ...] = ()) -> str:
    """What is found by a model and what without one, in words, for the health page."""
    if settings is None:
        return (
            f"no entity model: {', '.join(RULES_FIND)} by rules (cues, surnames, given names), "
            f"{', '.join(ONLY_A_MODEL)} not at all; every other type needs none"
        )
    left = [kind for kind in (*RULES_FIND, *ONLY_A_MODEL) if kind not in found]
    return (
        f"{settings.kind} model {settings.path.name!r}: {', '.join(found)}; without it: {', '.join(left) or 'nothing'}"
    )
