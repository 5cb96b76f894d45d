"""Configuration that makes a loader run code: Hugging Face, Keras, Hydra, MLflow, skops, diffusers, sentence-transformers."""

from __future__ import annotations

import re
from collections.abc import Iterator

from scanners.errors import LimitReached, UnreadableInput
from scanners.model_scan.callables import canonical, standing
from scanners.model_scan.documents import Document, parse_json, parse_yaml
from scanners.model_scan.keras import examine_keras, is_keras
from scanners.model_scan.linked_files import examine_links
from scanners.model_scan.named_callables import examine_imports, examine_named, examine_tag
from scanners.model_scan.ollama import examine_manifest, is_manifest
from scanners.model_scan.parts import Examiner, Part
from scanners.model_scan.python_code import judge_source
from scanners.model_scan.regex_costs import may_never_end
from scanners.model_scan.requirements import examine_requirements, listed_requirements
from scanners.model_scan.shell_code import SHELL
from scanners.model_scan.skops import examine_skops, is_skops
from scanners.model_scan.templates import examine_template, looks_like_template
from scanners.model_scan.trees import wrong_trees

_MAX_VALUES = 5_000_000
_MAX_STRING = 1 << 20
_CODE = re.compile(
    r"__import__\s*\(\s*['\"]|\bos\s*\.\s*(?:system|popen|exec\w+|spawn\w+)\s*\(|\bsubprocess\s*\.\s*\w+\s*\(|\bpty\s*\.\s*spawn\s*\(|"
    r"\b(?:eval|exec)\s*\(\s*(?:compile|base64|__import__|codecs|bytes|zlib|marshal|requests|urllib|open|['\"].{0,40}(?:import|__))|"
    r"\b__(?:subclasses|globals|builtins)__\b|\bsocket\s*\.\s*socket\s*\(|\bimportlib\s*\.\s*import_module\s*\(|\b(?:pickle|marshal)\s*\.\s*loads?\s*\("
)
_CONSENT = re.compile(r"^\s*[\w.-]*trust_remote_code\s*[=:]\s*[\"']?(?:true|yes|on|1)\b", re.I)
_MAX_LINES = 200_000
_MAX_LINE = 10_000
_LIBRARIES = frozenset(
    (
        "diffusers",
        "transformers",
        "onnxruntime",
        "stable_diffusion",
        "flax",
        "k_diffusion",
        "optimum",
        "peft",
        "sentence_transformers",
    )
)


def read_json(part: Part, scan: Examiner) -> None:
    """Examine a JSON document, or JSON lines."""
    ledger = scan.ledger
    ledger.count("json documents")
    try:
        document, repeated = parse_json(part.data)
    except UnreadableInput as error:
        if _looks_like_lines(part):
            ledger.count("text files")
            return
        ledger.find("model.structure.damaged", part.path, error.message)
        ledger.skip(part.path, error.message)
        return
    for key in repeated:
        ledger.find("model.config.duplicate_key", part.path, key)
    if repeated:
        ledger.skip(part.path, "a key occurs twice: readers may take another value than the one examined")
    examine_document(document, part, scan)


def read_yaml(part: Part, scan: Examiner) -> None:
    """Examine a YAML file by its nodes; nothing is constructed."""
    ledger = scan.ledger
    ledger.count("yaml documents")
    raw = bytes(part.data[: 1 << 20])
    if re.search(rb"!!python/|!python/|tag:yaml\.org,2002:python/|!!?ruby/|!!(?:ruby|javax?)\b", raw):
        ledger.find("model.config.yaml_tag", part.path, _first_match(raw))
    try:
        documents, tags = parse_yaml(part.data)
    except LimitReached as reached:
        if "aliases" in reached.message:
            ledger.find(
                "model.template.exhaustion",
                part.path,
                reached.message,
                title="The YAML's aliases would exhaust its reader",
            )
        ledger.skip(part.path, reached.message)
        return
    for tag in tags[:20]:
        if "python" in tag:
            ledger.find("model.config.yaml_tag", part.path, tag)
        elif not examine_tag(tag, part, scan):
            ledger.skip(f"{part.path}: {tag}", "a YAML tag of unknown meaning")
    for document in documents:
        examine_document(document, part, scan)


def _first_match(raw: bytes) -> str:
    found = re.search(rb"!\S*(?:python|ruby|java)\S*", raw)
    return found.group().decode("utf-8", "replace") if found else "a tag that builds objects"


def _looks_like_lines(part: Part) -> bool:
    lines = part.head(1 << 16).splitlines()
    try:
        for line in lines[: max(len(lines) - 1, 1)][:20]:
            if line.strip():
                parse_json(line)
    except UnreadableInput:
        return False
    return len(lines) > 1


def examine_document(document: Document, part: Part, scan: Examiner) -> None:
    """Everything in a configuration that a known loader would act on."""
    if is_skops(document):
        examine_skops(document, part, scan)
        return
    if is_manifest(document):
        examine_manifest(document, part, scan)
    for wrong in wrong_trees(document):
        scan.ledger.find("model.tree.structure", part.path, wrong)
    if isinstance(document, dict):
        examine_requirements(listed_requirements(document), part, scan)
        _remote_code(document, part, scan)
        _pipeline(document, part, scan)
    examine_links(document, part, scan)
    examine_imports(document, part, scan)
    inside_keras: set[int] = set()
    for number, (key, value) in enumerate(_pairs(document)):
        if number > _MAX_VALUES:
            scan.ledger.skip(part.path, "too many values in one document")
            return
        if id(value) not in inside_keras and is_keras(value):
            inside_keras.update(id(item) for _, item in _pairs(value) if isinstance(item, dict))
            examine_keras(value, part, scan)
        _value(key, value, part, scan)
        examine_named(key, value, document, part, scan)


def _value(key: str, value: Document, part: Part, scan: Examiner) -> None:
    if isinstance(value, dict) and key == "auto_map":
        _auto_map(value, part, scan)
    if not isinstance(value, str):
        return
    if key == "Regex" and may_never_end(value, scan.ledger.budget):  # of a tokenizer's normalizers and pre-tokenizers
        scan.ledger.find(
            "model.template.exhaustion",
            part.path,
            value[:200],
            title="A tokenizer's regular expression may take time without end",
        )
    if ("template" in key and looks_like_template(value)) or (
        looks_like_template(value) and len(value) < _MAX_STRING and re.search(r"\{[{%].*__\w+__|\|\s*attr", value, re.S)
    ):
        examine_template(value, part, scan, key)
    if (
        6 < len(value) < _MAX_STRING
        and (code := _CODE.search(value) or SHELL.search(value)) is not None
        and not _is_prose(key)
    ):
        scan.ledger.find(
            "model.config.code_string", part.path, f"{key}: {value[max(0, code.start() - 20) : code.start() + 120]}"
        )


def _is_prose(key: str) -> bool:
    return key in (
        "content",
        "description",
        "readme",
        "text",
        "license",
        "doc_string",
        "instruction",
        "input",
        "output",
        "prompt",
        "completion",
        "comment",
    )


def _remote_code(document: dict[str, Document], part: Part, scan: Examiner) -> None:
    if document.get("trust_remote_code") in (True, "true", "True", "yes", 1):
        scan.ledger.find("model.config.remote_code", part.path, "trust_remote_code: true")
    pipelines = document.get("custom_pipelines")
    if isinstance(pipelines, dict) and pipelines:
        implementations = {str(item.get("impl", "")) for item in pipelines.values() if isinstance(item, dict)}
        _auto_map({name: name for name in implementations}, part, scan, "custom_pipelines")
    for name in ("attn_implementation", "_attn_implementation", "experts_implementation"):
        kernel = document.get(name)
        if isinstance(kernel, str) and "/" in kernel:  # transformers fetches a kernel from the hub and loads it
            scan.ledger.find("model.config.remote_code", part.path, f"{name}: {kernel}")
    for name in ("custom_pipeline", "custom_generate"):
        custom = document.get(name)
        if isinstance(custom, str) and custom:
            scan.ledger.find("model.config.remote_code", part.path, f"{name}: {custom}")


def _auto_map(mapping: dict[str, Document], part: Part, scan: Examiner, key: str = "auto_map") -> None:
    """Hugging Face's `auto_map`: 'file.Class' beside the model, or 'other/repository--file.Class' far away."""
    references = [
        item
        for value in mapping.values()
        for item in (value if isinstance(value, list) else [value])
        if isinstance(item, str)
    ]
    folder = part.name.rpartition("/")[0]
    for reference in references:
        shown = f"{key}: {reference}"
        if "--" in reference or "://" in reference:
            scan.ledger.find("model.config.remote_code", part.path, f"{shown} (code from another repository)")
            continue
        file = reference.rpartition(".")[0].replace(".", "/") + ".py"
        path = f"{folder}/{file}" if folder else file
        source = part.sibling(path) if part.sibling is not None else None
        if source is None:
            scan.ledger.find("model.config.remote_code", part.path, f"{shown} ({path} is not there to be examined)")
            continue
        if judge_source(source.decode("utf-8", "replace")):
            scan.ledger.find("model.config.remote_code", part.path, f"{shown} ({path} does dangerous things)")
        else:
            scan.ledger.find("model.config.custom_code", part.path, shown)
            scan.ledger.skip(f"{part.path}: {reference}", "the loader runs this code; nothing dangerous was seen in it")


def _pipeline(document: dict[str, Document], part: Part, scan: Examiner) -> None:
    """diffusers' model_index.json: {"unet": ["library", "Class"]}. Its parts' own files have lists of two of other kinds."""
    name = document.get("_class_name")
    if not (isinstance(name, list) or str(name).endswith("Pipeline") or part.name.endswith("model_index.json")):
        return
    for key, value in document.items():
        if isinstance(value, list) and len(value) == 2 and isinstance(value[0], str) and value[0] in _LIBRARIES:
            if standing(*canonical(value[0], str(value[1]))).kind == "dangerous":
                scan.ledger.find("model.config.instantiates", part.path, f"{key}: {value[0]}.{value[1]}")
        elif isinstance(value, list) and len(value) == 2 and isinstance(value[0], str):
            known = standing(*canonical(value[0], str(value[1])))
            if known.kind == "dangerous":
                scan.ledger.find("model.config.instantiates", part.path, f"{key}: {value[0]}.{value[1]}")
            else:
                _auto_map({key: f"{value[0]}.{value[1]}"}, part, scan, key)


def _pairs(document: Document) -> Iterator[tuple[str, Document]]:
    """Every key with its value, at any depth; items of lists under the key of the list."""
    pending: list[tuple[str, Document]] = [("", document)]
    while pending:
        key, value = pending.pop()
        yield key, value
        if isinstance(value, dict):
            if key in ("vocab", "merges", "added_tokens_decoder") and len(value) > 1000:
                continue
            pending.extend((str(name), item) for name, item in value.items())
        elif isinstance(value, list):
            if len(value) > 1000 and all(isinstance(item, int | float) for item in value[:1000]):
                continue
            pending.extend((key, item) for item in value)


def examine_settings(text: str, part: Part, scan: Examiner) -> None:
    """A file of settings (INI, TOML, properties), line by line: code that its reader evaluates, and consent to run more.

    `logging.config.fileConfig` evaluates what stands behind `args` and `class`.
    """
    for line in text.splitlines()[:_MAX_LINES]:
        line = line[:_MAX_LINE]
        if (code := _CODE.search(line)) is not None and not line.lstrip().startswith(("#", ";")):
            scan.ledger.find(
                "model.config.code_string", part.path, line[max(0, code.start() - 20) : code.start() + 120]
            )
        elif _CONSENT.search(line):
            scan.ledger.find("model.config.remote_code", part.path, line.strip()[:200])
