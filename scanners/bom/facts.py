"""What can be said of a model. Every fact is verified (read off the bytes), declared (somebody wrote it), or missing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Annotated, Literal

from pydantic import Field

from scanners.findings import Finding

State = Literal["verified", "declared", "missing"]


@dataclass(frozen=True, slots=True)
class Dataset:
    """Data that a model was made or measured with."""

    name: Annotated[str, Field(min_length=1, description="Name, e.g. 'HuggingFaceFW/fineweb'")]
    version: Annotated[str, Field(description="Version or revision")] = ""
    digest: Annotated[str, Field(description="'sha256:<hex>' of the data, if known")] = ""
    role: Annotated[Literal["training", "validation", "test", "other"], Field(description="What it was used for")] = (
        "training"
    )
    licence: Annotated[str, Field(description="SPDX expression or name of the licence")] = ""
    url: Annotated[str, Field(description="Where it comes from")] = ""
    sensitive: Annotated[tuple[str, ...], Field(description="Kinds of sensitive data in it")] = ()


@dataclass(frozen=True, slots=True)
class Library:
    """Software that a model needs."""

    name: Annotated[str, Field(min_length=1, description="Package name")]
    version: Annotated[str, Field(description="Exact version; empty if not pinned")] = ""
    ecosystem: Annotated[str, Field(description="Package URL type")] = "pypi"


@dataclass(frozen=True, slots=True)
class Ancestor:
    """A model that this one was made from."""

    name: Annotated[str, Field(min_length=1, description="Name, e.g. 'meta-llama/Llama-3.1-8B'")]
    version: Annotated[str, Field(description="Version or revision")] = ""
    digest: Annotated[str, Field(description="Digest as model_hash answers it, if known")] = ""


@dataclass(frozen=True, slots=True)
class Service:
    """A service that a model uses or is offered by."""

    name: Annotated[str, Field(min_length=1, description="Name of the service")]
    version: Annotated[str, Field(description="Version")] = ""
    url: Annotated[str, Field(description="Endpoint")] = ""


@dataclass(frozen=True, slots=True)
class Metric:
    """One measured quality."""

    name: Annotated[str, Field(min_length=1, description="What was measured, e.g. 'accuracy'")]
    value: Annotated[str, Field(description="The value")]
    slice: Annotated[str, Field(description="On what it was measured")] = ""


@dataclass(frozen=True, slots=True)
class ModelFacts:
    """Everything about a model that a bill of materials asks for."""

    name: Annotated[str, Field(description="Name of the model")] = ""
    version: Annotated[str, Field(description="Version")] = ""
    description: Annotated[str, Field(description="What it is, in a sentence or two")] = ""
    supplier: Annotated[str, Field(description="Organisation that supplies it")] = ""
    authors: Annotated[tuple[str, ...], Field(description="Who made it")] = ()
    licence: Annotated[str, Field(description="SPDX expression or name of the licence")] = ""
    url: Annotated[str, Field(description="Where it comes from")] = ""
    task: Annotated[str, Field(description="e.g. 'text-generation'")] = ""
    approach: Annotated[
        Literal["", "supervised", "unsupervised", "reinforcement-learning", "semi-supervised", "self-supervised"],
        Field(description="How it learned"),
    ] = ""
    architecture: Annotated[str, Field(description="e.g. 'LlamaForCausalLM'")] = ""
    architecture_family: Annotated[str, Field(description="e.g. 'llama', 'transformer'")] = ""
    inputs: Annotated[tuple[str, ...], Field(description="Formats it takes")] = ()
    outputs: Annotated[tuple[str, ...], Field(description="Formats it gives")] = ()
    hyperparameters: Annotated[Mapping[str, str], Field(description="Parameters of training and architecture")] = field(
        default_factory=dict
    )
    datasets: Annotated[tuple[Dataset, ...], Field(description="Data it was trained and tested on")] = ()
    libraries: Annotated[tuple[Library, ...], Field(description="Software it needs")] = ()
    ancestors: Annotated[tuple[Ancestor, ...], Field(description="Models it was made from")] = ()
    services: Annotated[tuple[Service, ...], Field(description="Services it uses")] = ()
    metrics: Annotated[tuple[Metric, ...], Field(description="What was measured")] = ()
    use_cases: Annotated[tuple[str, ...], Field(description="What it is meant for")] = ()
    limitations: Annotated[tuple[str, ...], Field(description="Where it is known to fail")] = ()
    risks: Annotated[tuple[str, ...], Field(description="Ethical and safety risks")] = ()
    energy: Annotated[str, Field(description="Energy that training took, e.g. '120 kWh'")] = ""


@dataclass(frozen=True, slots=True)
class ModelFile:
    """A file of the model, read in full."""

    name: str
    digest: str
    """SHA-256 in hex."""
    bytes: int


@dataclass(frozen=True, slots=True)
class Described:
    """A model with its facts, where each came from, and its files."""

    facts: ModelFacts
    states: Mapping[str, State]
    digest: str
    """Of the whole, as model_hash answers it."""
    files: tuple[ModelFile, ...]
    verified: Mapping[str, str]
    """What was read off the weights: parameters, element types."""
    conflicts: tuple[Finding, ...] = ()


_STATED_ONCE = ("licence", "version", "architecture", "architecture_family", "task")


def joined(found: ModelFacts, given: ModelFacts) -> tuple[ModelFacts, dict[str, State], tuple[Finding, ...]]:
    """`found` in the model's own files with `given` over it; where both say something else about the same, a finding."""
    values: dict[str, object] = {}
    states: dict[str, State] = {}
    conflicts = []
    for one in fields(ModelFacts):
        own, told = getattr(found, one.name), getattr(given, one.name)
        values[one.name] = {**own, **told} if isinstance(own, Mapping) else told or own
        states[one.name] = "declared" if values[one.name] else "missing"
        if one.name in _STATED_ONCE and own and told and own != told:
            conflicts.append(
                Finding(
                    rule="model.bom.conflict",
                    severity="medium",
                    title=f"The {one.name.replace('_', ' ')} is declared in two ways",
                    evidence=f"the model's files say {own[:200]!r}, the caller says {told[:200]!r}",
                    remediation="Find out which is true, and correct the model card or the facts given.",
                )
            )
    return ModelFacts(**values), states, tuple(conflicts)  # type: ignore[arg-type]
