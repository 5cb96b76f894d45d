"""SPDX 3.0.1 with the AI and Dataset profiles, as JSON-LD. https://spdx.github.io/spdx-spec/v3.0.1/"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

from scanners.bom.facts import Dataset, Described
from scanners.bom.spdx_elements import document, element, licence_expression, relation, sha256_hash


def write_spdx(described: Described, created: str) -> dict[str, Any]:
    """The AI BOM of a model; `created` is RFC 3339 in UTC."""
    base = f"https://yumen.invalid/spdx/{described.digest.replace(':', '-')}#"
    elements = list(_elements(described, base))
    return document(base, created, ("core", "software", "simpleLicensing", "ai", "dataset"), f"{base}model", elements)


def _elements(described: Described, base: str) -> Iterator[dict[str, Any]]:
    facts = described.facts
    model = f"{base}model"
    yield element("SoftwareAgent", f"{base}yumen", name="yumen")
    supplier = f"{base}supplier" if facts.supplier else None
    if supplier:
        yield element("Organization", supplier, name=facts.supplier)
    yield element(
        "ai_AIPackage",
        model,
        name=facts.name or "model",
        description=facts.description,
        suppliedBy=supplier,
        verifiedUsing=sha256_hash(described.digest),
        software_packageVersion=facts.version,
        software_downloadLocation=facts.url,
        software_primaryPurpose="model",
        ai_typeOfModel=[one for one in (facts.architecture_family, facts.architecture) if one],
        ai_domain=[facts.task] if facts.task else [],
        ai_hyperparameter=[_pair(key, value) for key, value in sorted(facts.hyperparameters.items())],
        ai_metric=[_pair(f"{one.name} {one.slice}".strip(), one.value) for one in facts.metrics],
        ai_limitation="; ".join(facts.limitations),
        ai_informationAboutApplication="; ".join(facts.use_cases),
        ai_useSensitivePersonalInformation="yes" if any(one.sensitive for one in facts.datasets) else "noAssertion",
    )
    for file in described.files:
        identity = f"{base}file-{quote(file.name, safe='')}"
        yield element("software_File", identity, name=file.name, verifiedUsing=sha256_hash(f"sha256:{file.digest}"))
        yield relation(base, model, "contains", identity)
    for dataset in facts.datasets:
        identity = f"{base}dataset-{quote(dataset.name, safe='')}-{quote(dataset.version, safe='')}"
        yield _dataset(identity, dataset)
        yield relation(base, model, "trainedOn" if dataset.role == "training" else "testedOn", identity)
    for library in facts.libraries:
        identity = f"{base}library-{quote(library.name, safe='')}"
        yield element(
            "software_Package",
            identity,
            name=library.name,
            software_packageVersion=library.version,
            software_packageUrl=f"pkg:{quote(library.ecosystem)}/{quote(library.name.lower())}"
            + (f"@{quote(library.version)}" if library.version else ""),
        )
        yield relation(base, model, "dependsOn", identity)
    for ancestor in facts.ancestors:
        identity = f"{base}ancestor-{quote(ancestor.name, safe='')}"
        yield element("ai_AIPackage", identity, name=ancestor.name, software_packageVersion=ancestor.version)
        yield relation(base, model, "descendantOf", identity)
    yield from _licence(described, base, model)


def _dataset(identity: str, dataset: Dataset) -> dict[str, Any]:
    return element(
        "dataset_DatasetPackage",
        identity,
        name=dataset.name,
        verifiedUsing=sha256_hash(dataset.digest),
        software_packageVersion=dataset.version,
        software_downloadLocation=dataset.url,
        software_primaryPurpose="data",
        dataset_datasetType=["noAssertion"],
        dataset_hasSensitivePersonalInformation="yes" if dataset.sensitive else "noAssertion",
    )


def _licence(described: Described, base: str, model: str) -> Iterator[dict[str, Any]]:
    if not described.facts.licence:
        return
    expression = licence_expression(described.facts.licence)
    yield element("simplelicensing_LicenseExpression", f"{base}licence", simplelicensing_licenseExpression=expression)
    yield relation(base, model, "hasDeclaredLicense", f"{base}licence")


def _pair(key: str, value: str) -> dict[str, str]:
    return {"type": "DictionaryEntry", "key": key, "value": value}
