"""A Terraform plan as `terraform show -json` prints it (format_version 1.x): planned values, unknowns, references."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from scanners.configuration.resources import Resource

_INDEX = re.compile(r"\[[^\]]*\]")


def is_plan(document: object) -> bool:
    """Whether `document` looks like a plan or a state in JSON."""
    return isinstance(document, dict) and (
        "planned_values" in document
        or "resource_changes" in document
        or ("terraform_version" in document and "values" in document)
    )


def plan_resources(document: Mapping[str, Any], path: str) -> Iterator[Resource]:
    """Every managed resource that will exist after the plan is applied, in order of the document."""
    unknown = dict(_unknown(document.get("resource_changes")))
    written = _mapping(_mapping(document.get("configuration")).get("root_module"))
    references = dict(_references(written, ""))
    literals = dict(_literals(written, ""))
    root = _mapping(_mapping(document.get("planned_values") or document.get("values")).get("root_module"))
    for entry in _module(root):
        address = str(entry.get("address", ""))
        values = _mapping(entry.get("values"))
        plain = literals.get(_INDEX.sub("", address), {})
        yield Resource(
            source="terraform",
            type=str(entry.get("type", "")),
            address=address,
            path=path,
            values=values,
            unknown=unknown.get(address, ()),
            refers=references.get(_INDEX.sub("", address), ()),
            # A default that was overridden is not what stands there.
            literals=tuple(sorted(name for name, text in plain.items() if values.get(name) == text)),
        )


def _module(module: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    waiting = [module]
    while waiting:
        here = waiting.pop(0)
        for entry in _list(here.get("resources")):
            if entry.get("mode", "managed") == "managed":
                yield entry
        waiting.extend(_list(here.get("child_modules")))


def _unknown(changes: object) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Address -> names of the attributes of which something is known only after apply."""
    for change in _list(changes):
        after = _mapping(_mapping(change.get("change")).get("after_unknown"))
        names = tuple(sorted(name for name, value in after.items() if _somewhere_true(value)))
        if names:
            yield str(change.get("address", "")), names


def _somewhere_true(value: object) -> bool:
    if isinstance(value, dict):
        return any(_somewhere_true(item) for item in value.values())
    if isinstance(value, list):
        return any(_somewhere_true(item) for item in value)
    return value is True


def _references(module: Mapping[str, Any], prefix: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Address without index -> addresses of the resources that its expressions name, in the same module."""
    for entry in _list(module.get("resources")):
        named = {
            prefix + ".".join(reference.split(".")[:2])
            for reference in _named(entry.get("expressions"))
            if reference.count(".") >= 1 and not reference.startswith(("var.", "local.", "data.", "each.", "module."))
        }
        yield prefix + str(entry.get("address", "")), tuple(sorted(named))
    for name, call in _mapping(module.get("module_calls")).items():
        yield from _references(_mapping(_mapping(call).get("module")), f"{prefix}module.{name}.")


def _literals(module: Mapping[str, Any], prefix: str) -> Iterator[tuple[str, dict[str, str]]]:
    """Address without index -> texts that stand in the configuration by attribute: in place, or a variable's default."""
    defaults = {name: _mapping(given).get("default") for name, given in _mapping(module.get("variables")).items()}
    for entry in _list(module.get("resources")):
        texts = {}
        for name, expression in _mapping(entry.get("expressions")).items():
            if isinstance(expression, dict):
                references = expression.get("references")
                one = references[0] if isinstance(references, list) and len(references) == 1 else ""
                default = defaults.get(one.removeprefix("var.")) if isinstance(one, str) else None
                text = expression.get("constant_value", default)
                if isinstance(text, str):
                    texts[name] = text
        yield prefix + str(entry.get("address", "")), texts
    for name, call in _mapping(module.get("module_calls")).items():
        yield from _literals(_mapping(_mapping(call).get("module")), f"{prefix}module.{name}.")


def _named(expression: object) -> Iterator[str]:
    if isinstance(expression, dict):
        for reference in expression.get("references") or ():
            if isinstance(reference, str):
                yield _INDEX.sub("", reference)
        for item in expression.values():
            yield from _named(item)
    elif isinstance(expression, list):
        for item in expression:
            yield from _named(item)


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: object) -> list[Mapping[str, Any]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []
