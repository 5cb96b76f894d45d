"""May this data go there? The data-residency pack as a tool."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from scanners.findings import Coverage, Finding, Location
from tools.answers import Answer, Arguments
from tools.context import ToolContext
from tools.registry import Tool
from tools.reviewing import DATE_HELP, VERDICTS, day, missing_inputs, subject_of
from tools.wording import many

ENTRYPOINT = "data.yumen.checks.residency.decision"


class Recipient(BaseModel):
    """Who receives the data."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str | None = Field(default=None, description="Name of the recipient")
    jurisdiction: str | None = Field(
        default=None, description="ISO code of where its people read the data, when that is not the destination"
    )
    role: str | None = Field(
        default=None,
        description="controller, processor, business_associate, subcontractor, covered_entity, provider, individual, …",
    )
    programs: list[str] | None = Field(
        default=None,
        description="Programmes it is certified under: eu-us-dpf, ca-pipeda, jp-appi, kr-pipa; [] for none",
    )
    covered_person: bool | None = Field(
        default=None, description="Whether it is a covered person under 28 CFR 202.211 (data of U.S. origin)"
    )
    restricted: bool | None = Field(default=None, description="Whether it is on the list of PIPL Art. 42")


class Volumes(BaseModel):
    """How many people the data is about. China: since 1 January, without exempt transfers. US: in twelve months."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    persons: int | None = Field(default=None, ge=0, description="Persons whose data moves")
    sensitive_persons: int | None = Field(default=None, ge=0, description="Persons whose sensitive data moves")


class Exporter(BaseModel):
    """Who sends the data."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    cii_operator: bool | None = Field(
        default=None, description="Operator of critical information infrastructure (data of Chinese origin)"
    )
    public_authority: bool | None = Field(default=None, description="A public authority in the exercise of its powers")


class Safeguard(BaseModel):
    """Something done for the transfer to be lawful."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: str = Field(
        description="E.g. scc, cac_standard_contract, baa, notice; the steps of an answer name what is needed"
    )
    reference: str | None = Field(default=None, description="Contract or filing number, link")
    valid_until: str | None = Field(default=None, description="YYYY-MM-DD; after it the safeguard does not count")


class ResidencyArguments(Arguments):
    """One transfer. What is left out and turns out to matter is named in the answer."""

    data_classes: list[str] = Field(
        description="What moves: personal, sensitive_personal, contact, identifier, employee, financial, precise_location, "
        "minor, biometric, genetic, health, phi, belief, important_data, core_data, business, public, anonymous, …"
    )
    origin: str = Field(description="ISO 3166 code of where the data was collected, e.g. CN, DE, US")
    destination: str = Field(description="ISO 3166 code of where it goes")
    recipient: Recipient | None = Field(default=None, description="Who receives it")
    purpose: str | None = Field(
        default=None,
        description="Why. Of legal weight: individual_contract, hr_management, emergency, statutory_duty, re_export, "
        "foreign_authority_request, treatment, payment, operations, research, marketing, sale",
    )
    legal_basis: str | None = Field(
        default=None,
        description="consent, contract, legal_obligation, hr_management, legitimate_interests, vital_interests, public_task, …",
    )
    volumes: Volumes | None = Field(default=None, description="How many people it is about")
    exporter: Exporter | None = Field(default=None, description="Who sends it")
    safeguards: list[str | Safeguard] | None = Field(
        default=None, description="What has been done; [] when nothing has"
    )
    frequency: Literal["once", "occasional", "systematic"] | None = Field(
        default=None, description="How often it moves (GDPR Art. 49)"
    )
    transaction: (
        Literal["data_brokerage", "vendor_agreement", "employment_agreement", "investment_agreement", "exempt", "other"]
        | None
    ) = Field(default=None, description="Kind of transaction under 28 CFR part 202")
    date: str | None = Field(default=None, pattern=r"^20\d\d-\d\d-\d\d$", description=DATE_HELP)


class ResidencyStep(BaseModel):
    """What has to be done first."""

    model_config = ConfigDict(frozen=True)

    step: str = Field(description="What to do")
    reference: str = Field(description="The law that asks for it")
    safeguard: str = Field(description="The safeguard to record once it is done; empty if the input has to change")
    rule: str = Field(description="The regime that asks for it")


class ResidencyReason(BaseModel):
    """Why it came out so."""

    model_config = ConfigDict(frozen=True)

    code: str = Field(description="Stable code")
    message: str = Field(description="The reason in words")
    rule: str = Field(description="The regime that gives it")
    reference: str = Field(description="Law and article")


class ResidencyAnswer(Answer):
    """Whether the transfer may take place."""

    decision: Literal["allow", "deny", "needs_step", "unknown"] = Field(
        default="unknown",
        description="allow; deny; needs_step: not before the steps are done; unknown: the input does not say enough",
    )
    reasons: tuple[ResidencyReason, ...] = Field(default=(), description="Why")
    missing: tuple[str, ...] = Field(default=(), description="Paths of the input without which it cannot be decided")
    steps: tuple[ResidencyStep, ...] = Field(default=(), description="What has to be done first")
    warnings: tuple[ResidencyReason, ...] = Field(default=(), description="What to mind although it does not decide")
    regimes: tuple[str, ...] = Field(default=(), description="The regimes that apply")


async def residency_check(arguments: ResidencyArguments, context: ToolContext) -> ResidencyAnswer:
    """Ask the residency pack about one transfer."""
    document: dict[str, JsonValue] = arguments.model_dump(mode="json", exclude_none=True)
    document["date"] = day(arguments.date)
    said = await context.evaluate(ENTRYPOINT, document)
    route = f"{arguments.origin} to {arguments.destination}"
    return ResidencyAnswer(
        verdict=VERDICTS.get(said["decision"], "unknown"),
        summary=_summary(said, route),
        findings=tuple(_finding(entry) for entry in said["reasons"] if said["decision"] in ("deny", "needs_step")),
        coverage=Coverage(
            examined={"fields": len(document), "regimes": len(said["regimes"])},
            skipped=missing_inputs(said["missing"]),
            data={"day of the decision": str(document["date"])},
        ),
        subject=subject_of(document, route),
        decision=said["decision"],
        reasons=tuple(ResidencyReason(**entry) for entry in said["reasons"]),
        missing=tuple(said["missing"]),
        steps=tuple(ResidencyStep(**entry) for entry in said["steps"]),
        warnings=tuple(ResidencyReason(**entry) for entry in said["warnings"]),
        regimes=tuple(said["regimes"]),
    )


def _finding(entry: dict[str, Any]) -> Finding:
    return Finding(
        rule=f"{entry['rule']}.{entry['code']}",
        severity="high",
        title=entry["message"],
        location=Location(),
        references=(entry["reference"],) if entry["reference"] else (),
    )


def _summary(said: dict[str, Any], route: str) -> str:
    match said["decision"]:
        case "allow":
            return f"The transfer from {route} may take place: {said['reasons'][0]['message']}."
        case "deny":
            return f"The transfer from {route} may not take place: {said['reasons'][0]['message']}."
        case "needs_step":
            return (
                f"The transfer from {route} needs {many(len(said['steps']), 'step')} first: {said['steps'][0]['step']}."
            )
        case _:
            gap = ", ".join(said["missing"]) or "a rule that covers it"
            return f"Whether data may go from {route} cannot be decided; missing: {gap}."


TOOLS = (
    Tool(
        name="residency_check",
        title="Check a cross-border transfer",
        description=(
            "Decide whether data may be moved from one jurisdiction to another: China's outbound rules with the exemptions of "
            "2024, GDPR chapter V, HIPAA, the US bulk-data rule, and the organisation's own regions. Answers allow, deny, "
            "needs_step with the missing steps and their legal reference, or unknown with the missing input."
        ),
        family="compliance",
        risk="read",
        arguments=ResidencyArguments,
        answer=ResidencyAnswer,
        run=residency_check,
    ),
)
