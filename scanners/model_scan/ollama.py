"""Ollama's models: Modelfiles, manifests, and the blobs that they name by digest.

Syntax of a Modelfile: docs.ollama.com/modelfile and `parser/parser.go` of github.com/ollama/ollama. What it takes from
elsewhere (another model, a path, an address) was not examined, and is said so.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from scanners.errors import LimitReached, UnreadableInput
from scanners.model_scan.documents import Document
from scanners.model_scan.go_templates import judge_go_template
from scanners.model_scan.parts import Examiner, Part
from scanners.model_scan.paths import leaves_folder
from scanners.model_scan.planted_text import planted
from scanners.model_scan.vocabulary import words

_MAX_TEXT = 4 << 20
_COMMANDS = words("ollama.commands")
_PARAMETERS = words("ollama.parameters")
_ROLES = ("system", "user", "assistant")
_SOURCES = ("from", "adapter", "draft")
_WEIGHTS = re.compile(
    r"\.(?:gguf|ggml|bin|safetensors|pth?)\Z|(?:^|/)blobs/sha256[-:][0-9a-f]{64}\Z|/\Z|(?:^|/)[^./]+\Z", re.I
)
_SYSTEM = re.compile(r"(?:^|/)(?:etc|proc|sys|dev|\.ssh|\.aws|\.kube|\.docker|\.gnupg)(?:/|\Z)")
"""Where no model lies, and secrets do: Ollama would hash the file and send it to its server."""
_ADDRESS = re.compile(
    r"[a-z][a-z0-9+.-]*://|(?:hf\.co|huggingface\.co|modelscope\.cn|[\w-]+(?:\.[\w-]+)+(?::\d+)?)/", re.I
)
_DIGEST = re.compile(r"sha256:([0-9a-f]{64})\Z")
_BLOB = re.compile(r"(?:^|/)blobs/sha256[-:/]([0-9a-f]{64})\Z")
_LAYER = "application/vnd.ollama.image."
_OPENED = re.compile(r"^\s*(?:#[^\n]*\n\s*)*FROM\s+\S", re.I)
_OF_OLLAMA = re.compile(r"^(?:PARAMETER|TEMPLATE|SYSTEM|ADAPTER|MESSAGE|LICENSE)\s", re.I | re.M)
_OF_DOCKER = re.compile(r"^(?:RUN|CMD|ENTRYPOINT|COPY|WORKDIR|EXPOSE)\s", re.M)


@dataclass(frozen=True, slots=True)
class Command:
    """One instruction of a Modelfile, in lower case, with its argument as Ollama reads it; of MESSAGE and PARAMETER in two."""

    name: str
    argument: str
    line: int
    about: str = ""


def is_modelfile(name: str, text: str) -> bool:
    """Whether a text is a Modelfile: by its name, or by instructions that only Ollama has."""
    base = name.rpartition("/")[2].lower()
    named = base == "modelfile" or base.startswith("modelfile.") or base.endswith(".modelfile")
    return bool(_OPENED.match(text)) and (named or (bool(_OF_OLLAMA.search(text)) and not _OF_DOCKER.search(text)))


def digest_in_name(name: str) -> str | None:
    """The digest that a blob's file name says its content has, as 'sha256:…'; None for other files."""
    found = _BLOB.search(name)
    return f"sha256:{found[1]}" if found else None


def parse_modelfile(text: str) -> Iterator[Command]:
    """The instructions in order. Raises UnreadableInput where Ollama would refuse the file."""
    position, line, size = 0, 1, len(text)
    while position < size:
        end = text.find("\n", position)
        end = size if end < 0 else end
        written = text[position:end].strip()
        if not written or written.startswith("#"):
            position, line = end + 1, line + 1
            continue
        name, _, rest = written.partition(" ") if " " in written else written.partition("\t")
        if name.lower() not in _COMMANDS:
            raise UnreadableInput(f"line {line}: an instruction that Ollama does not have")
        rest, about = rest.strip(), ""
        if name.lower() in ("parameter", "message"):
            about, _, rest = rest.partition(" ")
            rest = rest.strip()
        if rest.startswith('"'):
            quote = '"""' if rest.startswith('"""') else '"'
            start = text.index(rest[:80], position) + len(quote)
            closing = text.find(quote, start)
            if closing < 0:
                raise UnreadableInput(f"line {line}: a quote that does not end")
            rest, end = text[start:closing], closing + len(quote)
            end = text.find("\n", end) if "\n" in text[end:] else size
        yield Command(name.lower(), rest, line, about)
        line += text.count("\n", position, end) + 1
        position = end + 1


def read_modelfile(part: Part, scan: Examiner) -> None:
    """Examine a Modelfile: where its weights come from, its template, and what it says to the model."""
    if len(part.data) > _MAX_TEXT:
        raise LimitReached("a Modelfile of more than 4 MiB")
    scan.ledger.count("Ollama Modelfiles")
    text = bytes(part.data).decode("utf-8", "replace").removeprefix("\ufeff").replace("\r\n", "\n")
    for command in parse_modelfile(text):
        match command.name:
            case "from" | "adapter" | "draft":
                _source(command, part, scan)
            case "template":
                examine_go_template(command.argument, part, scan, command.line)
            case "system" | "message":
                for what in planted(command.argument, persona=True):
                    scan.ledger.find("model.template.injects", part.path, what, line=command.line)
                if command.name == "message" and command.about.lower() not in _ROLES:
                    scan.ledger.skip(part.path, f"line {command.line}: a message of no known role")
            case "parameter" if command.about.lower() not in _PARAMETERS:
                scan.ledger.skip(part.path, f"line {command.line}: a parameter that Ollama is not known to have")


def _source(command: Command, part: Part, scan: Examiner) -> None:
    """Weights are examined where they lie beside the Modelfile; what lies elsewhere was not."""
    ledger, target = scan.ledger, command.argument
    shown = f"{command.name.upper()} {target}"
    if "://" not in target and leaves_folder(target):
        weights = _WEIGHTS.search(target) and not _SYSTEM.search(target)
        rule = "model.ollama.source" if weights else "model.config.traversal"
        ledger.find(rule, part.path, shown, line=command.line)
        ledger.skip(part.path, f"{shown}: not beside the Modelfile, and not examined")
    elif _ADDRESS.match(target):
        ledger.find("model.ollama.source", part.path, shown, line=command.line)
        ledger.skip(part.path, f"{shown}: comes from the network, and was not examined")
    elif not _is_beside(target, part):
        ledger.skip(part.path, f"{shown}: another model, which was not examined")


def _is_beside(target: str, part: Part) -> bool:
    """Whether a path, a pattern of shards or a folder names files of the same folder as the Modelfile."""
    folder = part.name.rpartition("/")[0]
    wanted = target.removeprefix("./").rstrip("/")
    if wanted in ("", "."):
        return len(part.siblings) > 1
    path = f"{folder}/{wanted}" if folder else wanted
    pattern = re.compile(re.escape(path).replace(r"\*", "[^/]*") + r"(?:/.*)?\Z")
    return any(pattern.match(name) for name in part.siblings if name != part.name)


def examine_go_template(source: str, part: Part, scan: Examiner, line: int = 1) -> None:
    """Examine a prompt template in Go's syntax that begins at `line`."""
    scan.ledger.count("templates")
    for rule, at, evidence in judge_go_template(source):
        scan.ledger.find(rule, part.path, evidence, line=line + at - 1)
        if rule == "model.template.unparsable":
            scan.ledger.skip(part.path, "the template cannot be parsed")


def read_blob_template(part: Part, scan: Examiner) -> None:
    """A template that lies in Ollama's store as a blob of its own."""
    if len(part.data) > _MAX_TEXT:
        raise LimitReached("a template of more than 4 MiB")
    examine_go_template(bytes(part.data).decode("utf-8", "replace"), part, scan)


def is_manifest(document: Document) -> bool:
    """Whether a document is a manifest of Ollama's: layers of its own kinds."""
    layers = document.get("layers") if isinstance(document, dict) else None
    return isinstance(layers, list) and any(
        isinstance(layer, dict) and str(layer.get("mediaType", "")).startswith(_LAYER) for layer in layers
    )


def examine_manifest(document: Document, part: Part, scan: Examiner) -> None:
    """Every layer is named by a digest, and the blob with it lies in the same store."""
    scan.ledger.count("Ollama manifests")
    if not isinstance(document, dict):
        return
    blobs = {found[1] for name in part.siblings if (found := _BLOB.search(name))}
    layers = document.get("layers")
    for layer in [
        *(layers if isinstance(layers, list) else ()),
        *([document["config"]] if "config" in document else ()),
    ]:
        digest = layer.get("digest") if isinstance(layer, dict) else None
        found = _DIGEST.match(digest) if isinstance(digest, str) else None
        if not isinstance(layer, dict) or found is None:
            # Ollama made a path of it, and wrote there (CVE-2024-37032).
            scan.ledger.find("model.ollama.digest", part.path, f"a layer with the digest {digest!r}")
            continue
        scan.ledger.count("Ollama layers")
        kind = str(layer.get("mediaType", "")).removeprefix(_LAYER)
        blob = next((name for name in part.siblings if found[1] in name and _BLOB.search(name)), None)
        declared = layer.get("size")
        if blob is not None and isinstance(declared, int):
            scan.ledger.expect(blob, declared, part.path)
        if found[1] not in blobs:
            scan.ledger.skip(part.path, f"the layer {kind} {digest} is not there to be examined")
