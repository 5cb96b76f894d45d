"""Policies as tools: which there are, and what one of them says of an input."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol, cast

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from scanners.errors import YumenError
from scanners.findings import Coverage, Finding, Location, Severity, Skipped, Subject, Verdict
from tools.answers import Answer, Arguments
from tools.context import ToolContext
from tools.registry import Tool

PolicyDecision = Literal["allow", "deny", "needs_step", "unknown"]

_VERDICTS: Mapping[PolicyDecision, Verdict] = {
    "allow": "pass",
    "deny": "fail",
    "needs_step": "fail",
    "unknown": "unknown",
}
_NAMED: Mapping[str, PolicyDecision] = {
    "allow": "allow",
    "pass": "allow",
    "deny": "deny",
    "fail": "deny",
    "needs_step": "needs_step",
    "unknown": "unknown",
}
_SEVERITIES = ("critical", "high", "medium", "low", "info")


class PolicyNotFound(YumenError):
    """No policy of this id, and no rule of this path."""

    code = "policy_not_found"


class RuleDescription(BaseModel):
    """One rule of a package."""

    model_config = ConfigDict(frozen=True)

    name: str = Field(description="Name of the rule in its package")
    path: str = Field(
        description="Path under which policy_evaluate knows it, e.g. 'data.yumen.checks.residency.decision'"
    )
    file: str = Field(description="File that defines it, as in its resource URI policy://<file>")
    line: int = Field(description="Line of its first definition")
    title: str = Field(default="", description="Title from its METADATA")
    description: str = Field(default="", description="Description from its METADATA")
    entrypoint: bool = Field(default=False, description="Whether it is meant to be asked from outside")


class PolicyDescription(BaseModel):
    """One package of Rego with its METADATA."""

    model_config = ConfigDict(frozen=True)

    package: str = Field(description="Name of the package, e.g. 'yumen.checks.residency'")
    id: str = Field(default="", description="Short id for policy_evaluate, e.g. 'residency'; empty if it has none")
    title: str = Field(default="", description="Title from its METADATA")
    description: str = Field(default="", description="What it decides")
    severity: str = Field(default="", description="How much a violation weighs")
    applies_to: tuple[str, ...] = Field(default=(), description="Kinds of input that it reads")
    automation: str = Field(default="", description="full, partial, or none: how much a machine can decide")
    remediation: dict[str, str] = Field(default_factory=dict, description="What to do about a violation, by language")
    references: tuple[str, ...] = Field(default=(), description="Laws and standards that it implements")
    rules: tuple[RuleDescription, ...] = Field(default=(), description="Its rules, entry points first")


class PolicyCatalogue(Protocol):
    """The policies in force, as the server knows them."""

    @property
    def revision(self) -> str:
        """Digest of the pack in force."""
        ...

    def policies(self) -> Sequence[PolicyDescription]:
        """Every package, test packages left out, in order of their names."""
        ...


class ListArguments(Arguments):
    """Which policies to list."""

    prefix: str = Field(
        default="",
        max_length=200,
        description="Only packages or ids that start like this, e.g. 'residency'; all when empty",
    )
    rules: bool = Field(default=True, description="List the rules of each package, too")


class PolicyListing(BaseModel):
    """The policies in force."""

    model_config = ConfigDict(frozen=True)

    revision: str = Field(description="Digest of the policy pack in force")
    policies: tuple[PolicyDescription, ...] = Field(description="Packages with their METADATA, in order of name")


class EvaluateArguments(Arguments):
    """Which policy to ask, about what."""

    policy: str = Field(
        min_length=1,
        max_length=200,
        description=(
            "Id of a policy from policy_list, e.g. 'residency' or 'least_privilege', or the path of one of its rules, "
            "e.g. 'data.yumen.checks.residency.decision'"
        ),
    )
    input: dict[str, JsonValue] = Field(
        description="The input document. What each policy reads is in its description and its source, policy://…"
    )


class PolicyReason(BaseModel):
    """Why it came out so."""

    model_config = ConfigDict(frozen=True)

    code: str = Field(description="Stable code")
    message: str = Field(description="The reason in words")
    rule: str = Field(default="", description="The rule that gives it")
    reference: str = Field(default="", description="Law, standard or place in the input")


class PolicyAnswer(Answer):
    """What a policy says of an input."""

    decision: PolicyDecision = Field(
        default="unknown",
        description="allow; deny; needs_step: not before the steps named; unknown: the input does not say enough",
    )
    reasons: tuple[PolicyReason, ...] = Field(default=(), description="Why, the decisive ones only")
    missing: tuple[str, ...] = Field(default=(), description="Paths in the input without which it cannot be decided")
    policy: PolicyDescription | None = Field(
        default=None, description="The policy that was asked, with its METADATA and the rule evaluated"
    )
    value: JsonValue = Field(default=None, description="Everything that the rule said")
    revision: str = Field(default="", description="Digest of the policy pack that decided")


async def list_policies(arguments: ListArguments, context: ToolContext) -> PolicyListing:
    """Run policy_list."""
    catalogue = context.service(PolicyCatalogue)  # type: ignore[type-abstract]
    shown = tuple(
        policy if arguments.rules else policy.model_copy(update={"rules": ()})
        for policy in catalogue.policies()
        if _starts(policy, arguments.prefix)
    )
    return PolicyListing(revision=catalogue.revision, policies=shown)


async def evaluate_policy(arguments: EvaluateArguments, context: ToolContext) -> PolicyAnswer:
    """Run policy_evaluate."""
    catalogue = context.service(PolicyCatalogue)  # type: ignore[type-abstract]
    revision = catalogue.revision
    policy, rules = find_policy(catalogue.policies(), arguments.policy)
    values = {rule.name: await _value(context, rule.path, arguments.input) for rule in rules}
    reading = read_value(values[rules[0].name]) if len(rules) == 1 else read_check(values)
    title = policy.title or policy.package
    return PolicyAnswer(
        verdict=_VERDICTS[reading.decision],
        summary=_summary(title, reading),
        findings=_findings(policy, reading),
        coverage=Coverage(
            examined={"policies": 1},
            skipped=tuple(Skipped(path, "the input does not hold it") for path in reading.missing),
        ),
        subject=Subject(kind="policy-input", digest=_digest(arguments.input), name=arguments.policy),
        decision=reading.decision,
        reasons=reading.reasons,
        missing=reading.missing,
        policy=policy.model_copy(update={"rules": rules}),
        value=values[rules[0].name] if len(rules) == 1 else values,
        revision=revision,
    )


def find_policy(
    policies: Sequence[PolicyDescription], name: str
) -> tuple[PolicyDescription, tuple[RuleDescription, ...]]:
    """The package that `name` means and the rules of it to evaluate.

    For an id the entry point of the package, or else the rules that make up a check: deny, warn, missing, steps and
    examined. Raises PolicyNotFound.
    """
    for policy in policies:
        if name in (policy.id, policy.package, f"data.{policy.package}"):
            entry = [rule for rule in policy.rules if rule.entrypoint]
            if entry:
                return policy, (entry[0],)
            check = tuple(rule for rule in policy.rules if rule.name in CHECK_RULES)
            if any(rule.name == "deny" for rule in check):
                return policy, check
            break
        for rule in policy.rules:
            if name in (rule.path, rule.path.removeprefix("data.")):
                return policy, (rule,)
    raise PolicyNotFound(
        f"there is no policy {name!r} that can be evaluated", remedy="see policy_list for ids and paths of rules"
    )


CHECK_RULES = ("deny", "warn", "missing", "steps", "examined")


@dataclass(frozen=True)
class Reading:
    """What a value means as a decision."""

    decision: PolicyDecision
    reasons: tuple[PolicyReason, ...] = ()
    missing: tuple[str, ...] = ()
    findings: tuple[Mapping[str, Any], ...] = ()


def read_value(value: JsonValue) -> Reading:
    """What the value of an entry point means. Whatever is no decision is unknown, never allowed."""
    if isinstance(value, dict):
        decision = _decision(value["decision"]) if "decision" in value else _of_bool(value.get("allow"))
        missing = _missing(value)
        if decision is not None:
            if missing and decision == "allow":
                decision = "unknown"
            return Reading(decision, _reasons(value.get("reasons")), missing, _objects(value.get("findings")))
    elif decision := _decision(value) or _of_bool(value):
        return Reading(decision)
    return Reading("unknown", (PolicyReason(code="no_decision", message="the rule's value is not a decision"),))


def _decision(value: JsonValue) -> PolicyDecision | None:
    return _NAMED.get(value) if isinstance(value, str) else None


def _of_bool(value: JsonValue) -> PolicyDecision | None:
    if not isinstance(value, bool):
        return None
    return "allow" if value else "deny"


def _missing(values: Mapping[str, JsonValue]) -> tuple[str, ...]:
    """What the policy misses; something, if it does not say so as a list."""
    missing = values.get("missing", [])
    return _texts(missing) if isinstance(missing, list) else ("missing",)


def read_check(values: Mapping[str, JsonValue]) -> Reading:
    """What the rules of a check mean together: error and fail before unknown, and a pass needs something examined."""
    missing = _missing(values)
    denied = _objects(values.get("deny"))
    if values.get("deny") != []:
        return Reading("deny" if denied else "unknown", _reasons(values.get("deny")), missing, denied)
    if missing:
        reasons = tuple(
            PolicyReason(code="missing_input", message=f"'{path}' is missing or malformed", rule="missing")
            for path in missing
        )
        return Reading("unknown", reasons, missing)
    if steps := values.get("steps"):
        return Reading("needs_step", _reasons(steps))
    if not values.get("examined"):
        return Reading("unknown", (PolicyReason(code="nothing_examined", message="nothing in the input is examined"),))
    return Reading("allow", findings=_objects(values.get("warn")))


async def _value(context: ToolContext, path: str, document: Mapping[str, JsonValue]) -> JsonValue:
    try:
        return cast("JsonValue", await context.evaluate(path, document))
    except YumenError as error:
        if error.code != "policy_undefined":
            raise
        return None


def _starts(policy: PolicyDescription, prefix: str) -> bool:
    return any(name.startswith(prefix) for name in (policy.id, policy.package, f"data.{policy.package}") if name)


def _reasons(value: JsonValue) -> tuple[PolicyReason, ...]:
    reasons: list[PolicyReason] = []
    for item in value if isinstance(value, list) else []:
        if isinstance(item, dict):
            message = item.get("message", item.get("msg", item.get("step", "")))
            reasons.append(
                PolicyReason(
                    code=str(item.get("code", item.get("safeguard", item.get("rule", "rule")))),
                    message=str(message),
                    rule=str(item.get("rule", "")),
                    reference=str(item.get("reference", item.get("at", ""))),
                )
            )
        else:
            reasons.append(PolicyReason(code="rule", message=str(item)))
    return tuple(reasons)


def _texts(value: JsonValue) -> tuple[str, ...]:
    return tuple(str(item) for item in value) if isinstance(value, list) else ()


def _objects(value: JsonValue) -> tuple[Mapping[str, Any], ...]:
    return (
        tuple(item if isinstance(item, dict) else {"message": str(item)} for item in value)
        if isinstance(value, list)
        else ()
    )


def _summary(title: str, reading: Reading) -> str:
    said = {
        "allow": "allows it",
        "deny": "denies it",
        "needs_step": "asks for steps first",
        "unknown": "cannot decide it",
    }[reading.decision]
    why = "; ".join(reason.message for reason in reading.reasons[:3])
    more = f" (and {len(reading.reasons) - 3} more)" if len(reading.reasons) > 3 else ""
    return f"{title} {said}{': ' + why + more if why else ''}."


def _findings(policy: PolicyDescription, reading: Reading) -> tuple[Finding, ...]:
    """The findings that the policy lists itself, or else its reasons where they are held against the input."""
    remedy = policy.remediation.get("en", "")
    default = _severity(policy.severity, "high")
    listed = [
        Finding(
            rule=str(item.get("rule", item.get("code", policy.id or policy.package))),
            severity=_severity(item.get("severity"), default if reading.decision == "deny" else "low"),
            title=str(item.get("message", item.get("msg", ""))),
            location=Location(path=str(item["at"]) if "at" in item else None),
            remediation=str(item.get("remedy", remedy)),
            references=tuple([str(item["reference"])] if item.get("reference") else []),
        )
        for item in reading.findings
    ]
    if not listed and reading.decision in ("deny", "needs_step"):
        listed = [
            Finding(
                rule=f"{reason.rule or policy.id}.{reason.code}" if reason.rule != reason.code else reason.code,
                severity=default if reading.decision == "deny" else "medium",
                title=reason.message,
                remediation=remedy,
                references=(reason.reference,) if reason.reference else (),
            )
            for reason in reading.reasons
        ]
    return tuple(sorted(listed, key=lambda finding: _SEVERITIES.index(finding.severity)))


def _severity(value: object, default: Severity) -> Severity:
    return cast("Severity", value) if value in _SEVERITIES else default


def _digest(document: Mapping[str, JsonValue]) -> str:
    canonical = json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return "sha256:" + hashlib.sha256(canonical.encode()).hexdigest()


TOOLS: tuple[Tool, ...] = (
    Tool(
        name="policy_list",
        title="List policies",
        description=(
            "List the Rego policies in force with their ids, titles, descriptions, references and rules. Use it to find "
            "what policy_evaluate can be asked."
        ),
        family="policies",
        risk="read",
        arguments=ListArguments,
        answer=PolicyListing,
        run=list_policies,
        deadline=10.0,
    ),
    Tool(
        name="policy_evaluate",
        title="Ask a policy",
        description=(
            "Ask a policy in force about an input: may this data set leave the country (policy 'residency'), are these "
            "grants too wide (policy 'least_privilege'), or any other policy from policy_list. Answers the decision, the "
            "reasons with their legal references, and what is missing in the input. Treat 'unknown' as not allowed."
        ),
        family="policies",
        risk="read",
        arguments=EvaluateArguments,
        answer=PolicyAnswer,
        run=evaluate_policy,
    ),
)
