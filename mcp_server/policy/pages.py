"""A reference page of a pack, made from its METADATA."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tools.policies import PolicyDescription


def reference_page(policies: Sequence[PolicyDescription], revision: str) -> str:
    """Markdown: one section a policy, those without an id left to a list at the end."""
    return "\n".join(_lines(policies, revision)) + "\n"


def _lines(policies: Sequence[PolicyDescription], revision: str) -> Iterator[str]:
    yield "# Policies in force"
    yield ""
    yield f"Pack revision `{revision}`. Made by `yumen policy docs`; do not edit."
    for policy in sorted((policy for policy in policies if policy.id), key=lambda policy: policy.id):
        yield from _section(policy)
    libraries = [policy.package for policy in policies if not policy.id]
    if libraries:
        yield ""
        yield "## Libraries"
        yield ""
        yield from (f"- `{name}`" for name in libraries)


def _section(policy: PolicyDescription) -> Iterator[str]:
    yield from ("", f"## `{policy.id}`: {policy.title}", "")
    if policy.description:
        yield from (policy.description, "")
    facts = {
        "package": f"`{policy.package}`",
        "severity": policy.severity,
        "applies to": ", ".join(policy.applies_to),
        "automation": policy.automation,
        "remedy": policy.remediation.get("en", ""),
        "整改": policy.remediation.get("zh", ""),
        "references": "; ".join(policy.references),
    }
    yield from ("| | |", "|---|---|")
    yield from (f"| {name} | {_cell(value)} |" for name, value in facts.items() if value)
    entries = [rule for rule in policy.rules if rule.entrypoint]
    if entries:
        yield ""
        yield from (f"Ask `{rule.path}` ({rule.file}:{rule.line}): {rule.title}" for rule in entries)


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")
