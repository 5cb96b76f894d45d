"""XML models (PMML, OpenVINO): declared entities, includes, scripts. Parsed by expat with nothing resolved."""

from __future__ import annotations

import math
import re
from xml.parsers import expat

from scanners.errors import LimitReached
from scanners.model_scan.parts import SIBLING_SIZE, Examiner, Part
from scanners.model_scan.paths import leaves_folder

MAX_XML = 256 << 20
_MAX_WEIGHTS = 1 << 44
"""Of a file of weights that is not there to be measured: 16 TiB."""
_SCRIPTS = frozenset(
    (
        "script",
        "msxsl:script",
        "ms:script",
        "xsl:script",
        "msbuild",
        "objectdataprovider",
        "xsl:stylesheet",
        "xsl:transform",
    )
)
_OPERATOR_SET = re.compile(r"opset\d{1,3}")
_LIBRARY_KEYS = frozenset(("library", "library_path", "extension_library", "implementation", "classname", "class_name"))


class _Stop(Exception):
    pass


def read_xml(part: Part, scan: Examiner) -> None:
    """Examine an XML document."""
    ledger = scan.ledger
    ledger.count("xml documents")
    if len(part.data) > MAX_XML:
        raise LimitReached("an XML document of more than 256 MiB")
    parser = expat.ParserCreate()
    elements = 0
    weighed: list[int] = []
    """Lines at which constants lie in the file of weights."""
    defined: set[str] = set()

    def on_doctype(_name: str, system: str | None, public: str | None, _internal: int) -> None:
        if (system or public) and not str(system or "").endswith((".dtd",)):
            ledger.find("model.xml.external", part.path, f"DOCTYPE {system or public}", line=parser.CurrentLineNumber)
        elif system and "://" in system and "dmg.org" not in system:
            ledger.find("model.xml.external", part.path, f"DOCTYPE {system}", line=parser.CurrentLineNumber)

    def on_entity(
        name: str,
        _parameter: int,
        value: str | None,
        _base: str | None,
        system: str | None,
        _public: str | None,
        _notation: str | None,
    ) -> None:
        ledger.find(
            "model.xml.entity", part.path, f"{name}: {system or value or ''}"[:200], line=parser.CurrentLineNumber
        )
        raise _Stop

    def on_start(name: str, attributes: dict[str, str]) -> None:
        nonlocal elements
        elements += 1
        lower = name.lower()
        if lower.rpartition(":")[2] == "include" and ("xi:" in lower or "href" in attributes):
            ledger.find(
                "model.xml.external", part.path, f"{name} {attributes.get('href', '')}", line=parser.CurrentLineNumber
            )
        if lower == "layer" and "type" in attributes:
            _judge_layer(attributes, part, scan, parser.CurrentLineNumber)
        elif lower == "data" and "offset" in attributes:
            weighed.append(parser.CurrentLineNumber)
            size = len(weights) if weights is not None else None
            _judge_weights(attributes, size, part, scan, parser.CurrentLineNumber)
        elif lower == "definefunction":
            defined.add(attributes.get("name", ""))
        elif lower == "apply" and "." in (function := attributes.get("function", "")) and function not in defined:
            # PMML's own functions have no dot in their names: JPMML takes one with dots for a Java class.
            ledger.find("model.xml.code", part.path, f"{name} function={function}", line=parser.CurrentLineNumber)
        if lower in _SCRIPTS or lower.endswith(":script"):
            ledger.find("model.xml.code", part.path, name, line=parser.CurrentLineNumber)
        for key, value in attributes.items():
            if key.lower() in _LIBRARY_KEYS and (
                leaves_folder(value) or value.endswith((".so", ".dll", ".dylib", ".jar", ".py"))
            ):
                ledger.find("model.xml.code", part.path, f"{name} {key}={value}", line=parser.CurrentLineNumber)
            elif (
                key.lower().rpartition(":")[2] in ("path", "file", "filename", "href", "location", "schemalocation")
                and lower not in ("header", "pmml")
                and (value.startswith(("../", "/", "file:", "\\\\")) or "/../" in value)
            ):
                ledger.find("model.xml.external", part.path, f"{name} {key}={value}", line=parser.CurrentLineNumber)

    def on_instruction(target: str, data: str) -> None:
        if target.lower() != "xml":
            ledger.find("model.xml.external", part.path, f"<?{target} {data[:100]}?>", line=parser.CurrentLineNumber)

    ledger.claim(part.path.removesuffix(".xml") + ".bin")  # OpenVINO keeps the weights beside the graph
    weights = part.sibling(part.name.removesuffix(".xml") + ".bin") if part.sibling is not None else None
    missing = weights is None
    if weights is not None and len(weights) >= SIBLING_SIZE:
        weights = None  # only its beginning was read
    parser.StartDoctypeDeclHandler = on_doctype
    parser.EntityDeclHandler = on_entity
    parser.StartElementHandler = on_start
    parser.ProcessingInstructionHandler = on_instruction
    try:
        parser.Parse(bytes(part.data), True)
    except _Stop:
        ledger.skip(part.path, "XML with entities is not read further")
    except expat.ExpatError as error:
        ledger.find(
            "model.structure.damaged", part.path, f"not well-formed XML: {expat.errors.messages.get(error.code, '')}"
        )
        ledger.skip(part.path, "the XML is not well-formed")
    if weighed and missing:
        ledger.skip(part.path, "the OpenVINO weights are not beside the graph: where its constants lie was not checked")
    ledger.count("xml elements", elements)


def _judge_layer(attributes: dict[str, str], part: Part, scan: Examiner, line: int) -> None:
    """An OpenVINO layer: its `version` names the operator set, and only the numbered ones are OpenVINO's own."""
    version = attributes.get("version", "opset1")
    if not _OPERATOR_SET.fullmatch(version):
        shown = f"{version}.{attributes['type']}"
        scan.ledger.find(
            "model.onnx.custom_operator",
            part.path,
            shown,
            title="The OpenVINO graph needs an operator of an extension",
            line=line,
        )
        scan.ledger.skip(f"{part.path}: {shown}", "an operator that OpenVINO does not have")


def _judge_weights(attributes: dict[str, str], size: int | None, part: Part, scan: Examiner, line: int) -> None:
    """A constant's bytes must lie within the file of weights (`size`, if it is there), and be as many as its shape says."""
    offset, length = attributes.get("offset", "0"), attributes.get("size", "0")
    plain = offset.isascii() and offset.isdigit() and length.isascii() and length.isdigit()
    bound = _MAX_WEIGHTS if size is None else size
    if not plain or int(offset[:20]) + int(length[:20]) > bound:
        wrong, title = f"{length} bytes at {offset}, of {bound}", "OpenVINO weights lie outside their file"
    elif (wanted := _extent(attributes)) is not None and wanted != int(length[:20]):
        wrong, title = f"{length} bytes for {wanted}", "OpenVINO weights are not as many as their shape says"
    else:
        return
    scan.ledger.find("model.onnx.structure", part.path, wrong, title=title, line=line)


def _extent(attributes: dict[str, str]) -> int | None:
    """How many bytes a constant of this shape takes; None where its type's size is no whole number of bytes."""
    bits = re.fullmatch(r"(?:[fiu]|bf)(8|16|32|64)", attributes.get("element_type", ""))
    shape = attributes.get("shape", "").replace(" ", "").split(",")
    if bits is None or not all(item.isascii() and item.isdigit() and len(item) < 20 for item in shape if item):
        return None
    return math.prod((int(item) for item in shape if item), start=int(bits[1]) // 8)
