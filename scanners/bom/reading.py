"""What a model's own files say of it: card, configuration, requirements, weights. Parsed, never run."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import yaml

from scanners.bom.facts import Ancestor, Dataset, Described, Library, Metric, ModelFacts, ModelFile, joined
from scanners.errors import YumenError
from scanners.findings import Coverage, Report, Skipped, Subject
from scanners.model_files.digests import Progress
from scanners.model_files.inventory import Inventory, take_inventory
from scanners.model_files.manifest import Serialization, build_manifest
from scanners.model_files.weights.opening import open_checkpoint
from scanners.signatures.strict_json import MalformedDocument, parse

MAX_TEXT = 4 << 20
_MAX_CARD_HEADER = 64 << 10
_MAX_WORDS = 500
_REQUIREMENT = re.compile(
    r"([A-Za-z0-9][A-Za-z0-9._-]*)\s*(?:\[[^\]]*\])?\s*(?:==\s*([A-Za-z0-9.!+_-]+))?\s*(?:[;#<>=!~].*)?"
)
_ARCHITECTURE = (
    "hidden_size", "num_hidden_layers", "num_attention_heads", "num_key_value_heads", "intermediate_size",
    "vocab_size", "max_position_embeddings", "torch_dtype", "dtype", "activation", "hidden_act",
)  # fmt: skip


def describe_model(target: Path, given: ModelFacts, progress: Progress | None = None) -> tuple[Described, Report]:
    """All that is known of the model at `target`, with what the caller declares over what its files declare.

    Raises UnreadableInput, TargetRefused, TargetMissing, LimitReached as hashing does; a file that only says something
    of the model and cannot be read is listed under coverage.
    """
    inventory = take_inventory(target)
    manifest = build_manifest(inventory.files, Serialization(), progress)
    skipped: list[Skipped] = list(inventory.others)
    found = _found(inventory, skipped)
    facts, states, conflicts = joined(found, given)
    verified = _read_off_weights(inventory)
    states["parameters"] = "verified" if verified else "missing"
    digests = {part.file: digest for part, digest in manifest.entries.items()}
    files = tuple(ModelFile(file.name, digests[file.name], file.size) for file in inventory.files)
    digest = manifest.digest(single=inventory.single)
    described = Described(facts, states, digest, files, verified, conflicts)
    report = Report(
        subject=Subject("model", digest, facts.name or inventory.root.name),
        findings=conflicts,
        coverage=Coverage(
            examined={"files": len(files), "bytes": sum(file.bytes for file in files)}, skipped=tuple(skipped)
        ),
    )
    return described, report


def _found(inventory: Inventory, skipped: list[Skipped]) -> ModelFacts:
    texts = {
        file.name: file.path
        for file in inventory.files
        if file.name in ("README.md", "config.json", "adapter_config.json", "requirements.txt")
    }
    sizes = {file.name: file.size for file in inventory.files}
    contents: dict[str, bytes] = {}
    for name, path in texts.items():
        if sizes[name] > MAX_TEXT:
            skipped.append(Skipped(name, f"larger than {MAX_TEXT >> 20} MiB, so what it says was not read"))
        else:
            contents[name] = path.read_bytes()
    card = _card(contents.get("README.md", b""), skipped)
    config = _json("config.json", contents, skipped)
    adapter = _json("adapter_config.json", contents, skipped)
    ancestors = [*_words(card.get("base_model")), *_words(adapter.get("base_model_name_or_path"))]
    architectures = _words(config.get("architectures"))
    return ModelFacts(
        name=_word(card.get("model_name")) or _word(config.get("_name_or_path")) or inventory.root.name,
        description=_first_paragraph(contents.get("README.md", b"")),
        licence=_word(card.get("license_name")) or _word(card.get("license")),
        task=_word(card.get("pipeline_tag")),
        architecture=architectures[0] if architectures else "",
        architecture_family=_word(config.get("model_type")),
        hyperparameters={key: str(config[key])[:200] for key in _ARCHITECTURE if _is_scalar(config.get(key))},
        datasets=tuple(Dataset(name) for name in _words(card.get("datasets"))),
        libraries=tuple(_libraries(contents.get("requirements.txt", b""), card, config)),
        ancestors=tuple(Ancestor(name) for name in dict.fromkeys(ancestors)),
        metrics=tuple(_metrics(card.get("model-index"))),
    )


def _card(raw: bytes, skipped: list[Skipped]) -> Mapping[str, Any]:
    """The YAML between the dashes at the top of a model card."""
    match = re.match(rb"\A---\s*\n(.*?)\n---\s*(?:\n|\Z)", raw[: _MAX_CARD_HEADER + 8], re.DOTALL)
    if match is None:
        return {}
    try:
        header = match[1].decode()
        if any(isinstance(token, yaml.AliasToken) for token in yaml.scan(header, yaml.SafeLoader)):
            raise yaml.YAMLError("it uses aliases, which model cards never do")
        card = yaml.safe_load(header)
    except (yaml.YAMLError, UnicodeDecodeError, ValueError, RecursionError):
        skipped.append(Skipped("README.md", "the header of the model card is not valid YAML"))
        return {}
    return card if isinstance(card, dict) else {}


def _json(name: str, contents: Mapping[str, bytes], skipped: list[Skipped]) -> Mapping[str, Any]:
    if name not in contents:
        return {}
    try:
        document = parse(contents[name])
    except MalformedDocument as malformed:
        skipped.append(Skipped(name, f"what it says was not read: {malformed}"))
        return {}
    return document if isinstance(document, dict) else {}


def _first_paragraph(raw: bytes) -> str:
    text = re.sub(r"\A---\s*\n.*?\n---\s*(?:\n|\Z)", "", raw.decode("utf-8", "replace"), flags=re.DOTALL)
    for paragraph in re.split(r"\n\s*\n", text[: 1 << 16]):
        plain = " ".join(line for line in paragraph.splitlines() if not line.lstrip().startswith(("#", "<", "!", "[")))
        if plain.strip():
            return plain.strip()[:_MAX_WORDS]
    return ""


def _libraries(raw: bytes, card: Mapping[str, Any], config: Mapping[str, Any]) -> Iterator[Library]:
    seen: set[str] = set()
    for line in raw.decode("utf-8", "replace").splitlines()[:10_000]:
        match = _REQUIREMENT.fullmatch(line.strip())
        if match is not None and match[1].lower() not in seen:
            seen.add(match[1].lower())
            yield Library(match[1], match[2] or "")
    version = _word(config.get("transformers_version"))
    if version and "transformers" not in seen:
        seen.add("transformers")
        yield Library("transformers", version)
    library = _word(card.get("library_name"))
    if library and library.lower() not in seen:
        yield Library(library)


def _metrics(index: Any) -> Iterator[Metric]:
    """The results in a card's model-index, as far as they have the shape that the Hub asks for."""
    for model in index[:10] if isinstance(index, list) else ():
        results = model.get("results") if isinstance(model, dict) else None
        for result in results[:100] if isinstance(results, list) else ():
            dataset = result.get("dataset") if isinstance(result, dict) else None
            measured = result.get("metrics") if isinstance(result, dict) else None
            for metric in measured[:100] if isinstance(measured, list) else ():
                if isinstance(metric, dict) and _word(metric.get("type")) and _is_scalar(metric.get("value")):
                    on = _word(dataset.get("name")) if isinstance(dataset, dict) else ""
                    yield Metric(_word(metric["type"]), str(metric["value"])[:100], on)


def _read_off_weights(inventory: Inventory) -> dict[str, str]:
    """Parameters and types, where the weights are of a format that is read here; nothing for others."""
    try:
        with ExitStack() as stack:
            tensors = open_checkpoint(inventory.root, stack).checkpoint.tensors.values()
            kinds = Counter(tensor.dtype for tensor in tensors)
            count = sum(tensor.elements for tensor in tensors)
            number = len(tensors)
    except YumenError:
        return {}
    types = ", ".join(f"{kind} {amount}" for kind, amount in sorted(kinds.items()))
    return {"parameters": str(count), "tensors": str(number), "types": types}


def _is_scalar(value: Any) -> bool:
    return isinstance(value, str | int | float | bool)


def _word(value: Any) -> str:
    return value.strip()[:_MAX_WORDS] if isinstance(value, str) else ""


def _words(value: Any) -> Sequence[str]:
    values = value if isinstance(value, list) else [value]
    return [word for one in values[:1000] if (word := _word(one))]
