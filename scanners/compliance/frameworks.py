"""Frameworks as they ship in `policies/frameworks/*.yaml`: controls, the checks that show them, questions for people."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import yaml
from pydantic import TypeAdapter, ValidationError

from scanners.errors import UnreadableInput

SHIPPED = Path(__file__).parents[2] / "policies" / "frameworks"


@dataclass(frozen=True, slots=True)
class Words:
    """A text in both languages of the report."""

    en: str
    zh: str


@dataclass(frozen=True, slots=True)
class Control:
    """One requirement of a framework."""

    id: str
    title: Words
    checks: tuple[str, ...] = ()
    question: Words | None = None


@dataclass(frozen=True, slots=True)
class Framework:
    """A law, standard or list, with the controls that matter for generative AI."""

    id: str
    title: Words
    since: str
    source: str
    url: str
    controls: tuple[Control, ...]


_FORM = TypeAdapter(Framework)


def read_frameworks(folder: Path = SHIPPED) -> dict[str, Framework]:
    """Every framework in `folder`, by id, in order of the file names. A file holds one, under its id as the only key,
    so that OPA can load the folder as data.

    Raises UnreadableInput for a file that does not have the form above, or gives an id twice.
    """
    found: dict[str, Framework] = {}
    for path in sorted(folder.glob("*.yaml")):
        try:
            ((name, body),) = yaml.safe_load(path.read_text("utf-8")).items()
            framework = _FORM.validate_python({"id": name, **body})
        except (ValidationError, yaml.YAMLError, ValueError, TypeError, AttributeError) as error:
            raise UnreadableInput(f"{path.name} is not a framework", detail=str(error)) from None
        names = [control.id for control in framework.controls]
        if framework.id in found or len(names) != len(set(names)):
            raise UnreadableInput(f"{path.name} gives an id twice")
        found[framework.id] = framework
    return found
