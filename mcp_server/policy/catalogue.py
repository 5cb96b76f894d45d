"""The packages and rules in force with their METADATA: what `policy_list` shows and `policy_evaluate` may ask."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, Protocol

from mcp_server.policy.errors import PolicyInvalid
from mcp_server.policy.metadata import Annotation, read_annotations
from mcp_server.policy.packs import Pack
from mcp_server.policy.process import LoadedRule
from tools.policies import PolicyDescription, RuleDescription


class Loaded(Protocol):
    """The policy store, as far as the catalogue needs it."""

    @property
    def pack(self) -> Pack: ...
    @property
    def rules(self) -> tuple[LoadedRule, ...]: ...


class Catalogue:
    """Implements `tools.policies.PolicyCatalogue` over the policy store."""

    def __init__(self, store: Loaded) -> None:
        self._store = store
        self._described: tuple[str, tuple[PolicyDescription, ...]] = ("", ())

    @property
    def revision(self) -> str:
        return self._store.pack.revision

    def policies(self) -> Sequence[PolicyDescription]:
        """See `PolicyCatalogue.policies`."""
        pack = self._store.pack
        if self._described[0] != pack.revision:
            self._described = (pack.revision, describe(pack, self._store.rules))
        return self._described[1]


def describe(pack: Pack, rules: Sequence[LoadedRule]) -> tuple[PolicyDescription, ...]:
    """Every package of `pack` that has rules, without test packages. `rules` is what the engine read in it."""
    notes = {
        module.path: {note.line: note for note in _notes(module.path, module.text)}
        for module in pack.modules
        if not module.is_test
    }
    packages: dict[str, list[LoadedRule]] = {}
    for rule in rules:
        if rule.file in notes:
            packages.setdefault(rule.package, []).append(rule)
    return tuple(_package(name, packages[name], notes) for name in sorted(packages))


def _package(
    name: str, rules: Sequence[LoadedRule], notes: Mapping[str, Mapping[int, Annotation]]
) -> PolicyDescription:
    about: Mapping[str, Any] = {}
    for file in sorted({rule.file for rule in rules}):
        for note in notes[file].values():
            about = note.values if note.of_package else about
    custom = about.get("custom") if isinstance(about.get("custom"), dict) else {}
    assert isinstance(custom, dict)  # noqa: S101 - for the type checker
    remediation = custom.get("remediation")
    return PolicyDescription(
        package=name,
        id=str(custom.get("id", "")),
        title=str(about.get("title", "")),
        description=str(about.get("description", "")).strip(),
        severity=str(custom.get("severity", "")),
        applies_to=_texts(custom.get("applies_to")),
        automation=str(custom.get("automation", "")),
        remediation={str(k): str(v) for k, v in remediation.items()} if isinstance(remediation, dict) else {},
        references=_texts(custom.get("references")),
        rules=_rules(rules, notes),
    )


def _rules(rules: Sequence[LoadedRule], notes: Mapping[str, Mapping[int, Annotation]]) -> tuple[RuleDescription, ...]:
    found: dict[str, RuleDescription] = {}
    for rule in rules:
        if rule.is_function:
            continue
        note = notes[rule.file].get(rule.line)
        about: Mapping[str, Any] = note.values if note is not None else {}
        known = found.get(rule.name)
        if known is None:
            found[rule.name] = RuleDescription(
                name=rule.name,
                path=rule.entrypoint,
                file=rule.file,
                line=rule.line,
                title=str(about.get("title", "")),
                description=str(about.get("description", "")).strip(),
                entrypoint=about.get("entrypoint") is True,
            )
        elif about:
            found[rule.name] = known.model_copy(
                update={
                    "title": known.title or str(about.get("title", "")),
                    "description": known.description or str(about.get("description", "")).strip(),
                    "entrypoint": known.entrypoint or about.get("entrypoint") is True,
                }
            )
    return tuple(sorted(found.values(), key=lambda rule: (not rule.entrypoint, rule.name)))


@lru_cache(maxsize=4096)
def _notes(file: str, text: str) -> tuple[Annotation, ...]:
    try:
        return read_annotations(file, text)
    except PolicyInvalid:
        return ()  # comments do not decide; `yumen policy check` names what is wrong with them


def _texts(value: object) -> tuple[str, ...]:
    return tuple(str(item) for item in value) if isinstance(value, list) else ()
