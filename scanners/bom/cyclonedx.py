"""CycloneDX 1.6 and 1.7 with a model card, written by hand: the common library drops model cards silently.

https://cyclonedx.org/docs/1.6/json/#components_items_modelCard
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal
from urllib.parse import quote

from packaging.licenses import InvalidLicenseExpression, canonicalize_license_expression

from scanners.bom.facts import Ancestor, Dataset, Described, Library, ModelFacts, Service
from scanners.errors import UnreadableInput

Version = Literal["1.6", "1.7"]
_NAMESPACE = uuid.UUID("8a4c4f0e-3f0e-5b58-9d1e-1c1a7d1f6a51")
_PREFIX = "yumen:"


def write_cyclonedx(described: Described, version: Version = "1.6", created: str | None = None) -> dict[str, Any]:
    """The ML-BOM of a model; the same but for `created` (RFC 3339) on every run."""
    facts = described.facts
    name = facts.name or "model"
    model = _without_empty(
        {
            "type": "machine-learning-model",
            "bom-ref": "model",
            "supplier": {"name": facts.supplier} if facts.supplier else None,
            "authors": [{"name": author} for author in facts.authors],
            "name": name,
            "version": facts.version,
            "description": facts.description,
            "hashes": _hashes(described.digest) if len(described.files) == 1 else [],
            "licenses": _licences(facts.licence),
            "purl": _model_purl(facts, described.digest),
            "pedigree": {"ancestors": [_ancestor(one) for one in facts.ancestors]} if facts.ancestors else None,
            "externalReferences": [{"type": "distribution", "url": facts.url}] if facts.url else [],
            "components": [_file(file.name, file.digest) for file in described.files],
            "modelCard": _model_card(described),
            "properties": _properties(described),
        }
    )
    components = [*map(_dataset, facts.datasets), *map(_library, facts.libraries)]
    services = [_service(one) for one in facts.services]
    depends = [component["bom-ref"] for component in components] + [service["bom-ref"] for service in services]
    document = {
        "$schema": f"http://cyclonedx.org/schema/bom-{version}.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": version,
        "serialNumber": f"urn:uuid:{uuid.uuid5(_NAMESPACE, f'{described.digest} {name} {facts.version}')}",
        "version": 1,
        "metadata": {
            **({"timestamp": created} if created else {}),
            "tools": {"components": [{"type": "application", "name": "yumen"}]},
            "component": model,
        },
        "components": _unique(components),
        "services": _unique(services),
        "dependencies": [{"ref": "model", "dependsOn": sorted(set(depends))}],
    }
    return _without_empty(document)


def read_cyclonedx(document: Any) -> tuple[ModelFacts, str]:
    """The facts in an ML-BOM, by whichever tool, and the model's digest ('sha256:…') if it has one.

    Raises UnreadableInput when there is no machine-learning model in it.
    """
    if not isinstance(document, dict) or document.get("bomFormat") != "CycloneDX":
        raise UnreadableInput("the document is not a CycloneDX BOM in JSON")
    listed = [component for component in _list(document, "components") if isinstance(component, dict)]
    main = document.get("metadata", {}).get("component") if isinstance(document.get("metadata"), dict) else None
    models = [one for one in (main, *listed) if isinstance(one, dict) and one.get("type") == "machine-learning-model"]
    if not models:
        raise UnreadableInput(
            "the BOM describes no machine-learning model",
            remedy="give an ML-BOM (component type machine-learning-model)",
        )
    model = models[0]
    card = model.get("modelCard") if isinstance(model.get("modelCard"), dict) else {}
    parameters = card.get("modelParameters", {}) if isinstance(card, dict) else {}
    parameters = parameters if isinstance(parameters, dict) else {}
    pedigree = model.get("pedigree") if isinstance(model.get("pedigree"), dict) else {}
    facts = ModelFacts(
        name=_text(model, "name"),
        version=_text(model, "version"),
        description=_text(model, "description"),
        licence=_licence_of(model),
        task=_text(parameters, "task"),
        architecture=_text(parameters, "modelArchitecture"),
        architecture_family=_text(parameters, "architectureFamily"),
        datasets=tuple(Dataset(name) for name in dict.fromkeys(_dataset_names(listed, parameters))),
        libraries=tuple(
            Library(name, _text(one, "version"))
            for one in listed
            if one.get("type") in ("library", "framework") and (name := _text(one, "name"))
        ),
        ancestors=tuple(
            Ancestor(name, _text(one, "version"))
            for one in _list(pedigree, "ancestors")
            if isinstance(one, dict) and (name := _text(one, "name"))
        ),
        services=tuple(
            Service(name, _text(one, "version"))
            for one in _list(document, "services")
            if isinstance(one, dict) and (name := _text(one, "name"))
        ),
    )
    return facts, _digest_of(model)


def _digest_of(model: Mapping[str, Any]) -> str:
    """Our own word for the whole, else the SHA-256 of a model that is one file."""
    for one in _list(model, "properties"):
        if _text(one, "name") == f"{_PREFIX}digest":
            return _text(one, "value")
    hashes = [_text(one, "content") for one in _list(model, "hashes") if _text(one, "alg") == "SHA-256"]
    return f"sha256:{hashes[0]}" if hashes else ""


def _model_card(described: Described) -> dict[str, Any]:
    facts = described.facts
    parameters = {
        "approach": {"type": facts.approach} if facts.approach else None,
        "task": facts.task,
        "architectureFamily": facts.architecture_family,
        "modelArchitecture": facts.architecture,
        "datasets": [{"ref": _dataset_ref(one)} for one in facts.datasets],
        "inputs": [{"format": one} for one in facts.inputs],
        "outputs": [{"format": one} for one in facts.outputs],
    }
    considerations = {
        "useCases": list(facts.use_cases),
        "technicalLimitations": list(facts.limitations),
        "ethicalConsiderations": [{"name": risk} for risk in facts.risks],
    }
    metrics = [_without_empty({"type": one.name, "value": one.value, "slice": one.slice}) for one in facts.metrics]
    # The schema has no place for hyper-parameters of its own.
    properties = [
        {"name": f"{_PREFIX}hyperparameter:{key}", "value": value}
        for key, value in sorted(facts.hyperparameters.items())
    ]
    if facts.energy:
        properties.append({"name": f"{_PREFIX}energy", "value": facts.energy})
    return _without_empty(
        {
            "modelParameters": _without_empty(parameters),
            "quantitativeAnalysis": {"performanceMetrics": metrics} if metrics else None,
            "considerations": _without_empty(considerations),
            "properties": properties,
        }
    )


def _properties(described: Described) -> list[dict[str, str]]:
    """Where each fact comes from, and what was read off the weights."""
    states = [{"name": f"{_PREFIX}state:{name}", "value": state} for name, state in sorted(described.states.items())]
    weights = [
        {"name": f"{_PREFIX}verified:{name}", "value": value} for name, value in sorted(described.verified.items())
    ]
    return [{"name": f"{_PREFIX}digest", "value": described.digest}, *weights, *states]


def _dataset(one: Dataset) -> dict[str, Any]:
    data = {
        "type": "dataset",
        "name": one.name,
        "contents": {"url": one.url} if one.url else None,
        "sensitiveData": list(one.sensitive),
        "description": f"used for {one.role}",
    }
    return _without_empty(
        {
            "type": "data",
            "bom-ref": _dataset_ref(one),
            "name": one.name,
            "version": one.version,
            "hashes": _hashes(one.digest),
            "licenses": _licences(one.licence),
            "data": [_without_empty(data)],
        }
    )


def _dataset_ref(one: Dataset) -> str:
    return f"dataset:{quote(one.name)}@{quote(one.version)}"


def _library(one: Library) -> dict[str, Any]:
    purl = f"pkg:{quote(one.ecosystem)}/{quote(one.name.lower())}" + (f"@{quote(one.version)}" if one.version else "")
    return _without_empty({"type": "library", "bom-ref": purl, "name": one.name, "version": one.version, "purl": purl})


def _service(one: Service) -> dict[str, Any]:
    reference = f"service:{quote(one.name)}@{quote(one.version)}"
    endpoints = [one.url] if one.url else []
    return _without_empty({"bom-ref": reference, "name": one.name, "version": one.version, "endpoints": endpoints})


def _ancestor(one: Ancestor) -> dict[str, Any]:
    return _without_empty(
        {"type": "machine-learning-model", "name": one.name, "version": one.version, "hashes": _hashes(one.digest)}
    )


def _file(name: str, digest: str) -> dict[str, Any]:
    return {
        "type": "file",
        "bom-ref": f"file:{quote(name)}",
        "name": name,
        "hashes": [{"alg": "SHA-256", "content": digest}],
    }


def _hashes(digest: str) -> list[dict[str, str]]:
    algorithm, _, value = digest.partition(":")
    return [{"alg": "SHA-256", "content": value}] if algorithm == "sha256" and len(value) == 64 else []


def _model_purl(facts: ModelFacts, digest: str) -> str:
    """A package URL of the kind 'mlmodel', or of the Hub if the model comes from there."""
    prefix = "https://huggingface.co/"
    if facts.url.startswith(prefix):
        path = quote(facts.url.removeprefix(prefix).strip("/"), safe="/")
        return f"pkg:huggingface/{path}" + (f"@{quote(facts.version)}" if facts.version else "")
    version = f"@{quote(facts.version)}" if facts.version else ""
    return f"pkg:generic/{quote(facts.name or 'model', safe='')}{version}?checksum={quote(digest)}"


def _licences(licence: str) -> list[dict[str, Any]]:
    if not licence:
        return []
    try:
        return [{"expression": str(canonicalize_license_expression(licence))}]
    except InvalidLicenseExpression:
        return [{"license": {"name": licence}}]


def _licence_of(model: Mapping[str, Any]) -> str:
    for entry in _list(model, "licenses"):
        if isinstance(entry, dict):
            licence = entry.get("license") if isinstance(entry.get("license"), dict) else {}
            found = entry.get("expression") or (licence or {}).get("id") or (licence or {}).get("name")
            if isinstance(found, str):
                return found
    return ""


def _dataset_names(listed: Sequence[Mapping[str, Any]], parameters: Mapping[str, Any]) -> Iterator[str]:
    for component in listed:
        if component.get("type") == "data" and (name := _text(component, "name")):
            yield name
    for dataset in _list(parameters, "datasets"):
        if isinstance(dataset, dict) and (name := _text(dataset, "name")):
            yield name


def _list(parent: Any, name: str) -> list[Any]:
    found = parent.get(name) if isinstance(parent, dict) else None
    return found if isinstance(found, list) else []


def _text(parent: Any, name: str) -> str:
    found = parent.get(name) if isinstance(parent, dict) else None
    return found if isinstance(found, str) else ""


def _unique(entries: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    return list({entry["bom-ref"]: entry for entry in entries}.values())


def _without_empty(document: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in document.items() if value not in (None, "", [], {})}
