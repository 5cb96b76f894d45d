"""The records of models as tools: bill of materials, register, and who is affected."""

from __future__ import annotations

import datetime
import json
from dataclasses import replace
from typing import Literal, Protocol

import anyio.to_thread
from pydantic import BaseModel, ConfigDict, Field

from scanners.bom.completeness import Completeness, completeness
from scanners.bom.cyclonedx import write_cyclonedx
from scanners.bom.describing import describe, import_bom
from scanners.bom.facts import ModelFacts, State
from scanners.bom.register import Affected, Event, Question, Register, Registered
from scanners.bom.spdx import write_spdx
from scanners.errors import UnreadableInput
from tools.answers import Answer, Arguments, RecordReference
from tools.context import ToolContext
from tools.model_words import TARGET, not_examined
from tools.registry import Tool
from tools.wording import many

Format = Literal["cyclonedx-1.6", "cyclonedx-1.7", "spdx-3.0"]


class ModelRegister(Protocol):
    """Where the register is kept is the operator's to say."""

    def of(self, tenant: str) -> Register:
        """The register of one tenant."""
        ...


class ModelBomArguments(Arguments):
    target: str = Field(description=TARGET)
    format: Format = Field(default="cyclonedx-1.6", description="Which standard the document follows")
    facts: ModelFacts = Field(
        default=ModelFacts(),
        description="What you know of the model beyond its own files; it goes over what they declare, and where both "
        "say something else, a finding says so",
    )


class ModelBomAnswer(Answer):
    """A bill of materials of a model."""

    document: str = Field(default="", description="The document (JSON)")
    completeness: Completeness | None = Field(default=None, description="How complete it is, and what is missing")
    states: dict[str, State] = Field(
        default_factory=dict,
        description="Of each fact: verified (read off the bytes), declared (somebody wrote it), missing",
    )


class ModelRegisterArguments(Arguments):
    facts: ModelFacts = Field(
        default=ModelFacts(), description="What is known of the model; name and version identify it in the register"
    )
    target: str | None = Field(
        default=None, description=TARGET + "; its digest and what its files declare are recorded"
    )
    bom: str | None = Field(default=None, description="Path of a CycloneDX ML-BOM to import instead of a target")
    events: tuple[Event, ...] = Field(
        default=(),
        max_length=1000,
        description="What happened to this version: evaluation, approval, rejection, deployment (what = the service), "
        "retirement (what = the service), filing (what = the filing number with the authority)",
    )


class RegisterAnswer(BaseModel):
    """The version as the register holds it now."""

    model_config = ConfigDict(frozen=True)

    summary: str = Field(description="One sentence that can be repeated to a person")
    version: Registered = Field(description="The version with its facts and everything recorded of it")
    deployments: tuple[str, ...] = Field(description="Services that run it now")
    record: RecordReference | None = Field(default=None, description="The audit record of this call")


class ModelLineageArguments(Arguments):
    name: str = Field(default="", description="Only versions of the model of this name")
    version: str = Field(default="", description="Only this version")
    digest: str = Field(default="", description="Only the version with this digest, as model_hash answers it")
    dataset: str = Field(default="", description="Made or measured with this data set, by name or digest")
    library: str = Field(default="", description="Depends on a library, e.g. 'torch<2.6'; a bare name: any version")
    ancestor: str = Field(default="", description="Made from this model, directly or through others, by name or digest")
    service: str = Field(default="", description="Deployed to or using this service")
    deployed: bool = Field(default=False, description="Only versions that a service runs now")
    limit: int = Field(default=200, ge=1, le=5000, description="How many versions to answer at most")


class LineageAnswer(BaseModel):
    """Which versions are affected, why, and which services run them."""

    model_config = ConfigDict(frozen=True)

    summary: str = Field(description="One sentence that can be repeated to a person")
    affected: tuple[Affected, ...] = Field(description="Versions that fit, and those of which it cannot be told")
    services: tuple[str, ...] = Field(description="Services that run one of them now")
    truncated: bool = Field(description="There may be more than limit allows")
    record: RecordReference | None = Field(default=None, description="The audit record of this call")


async def model_bom(arguments: ModelBomArguments, context: ToolContext) -> ModelBomAnswer:
    found = await context.scan(describe, context.resolve(arguments.target), arguments.facts)
    described, report = found.described, found.report
    created = datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    if arguments.format == "spdx-3.0":
        document = write_spdx(described, created)
    else:
        document = write_cyclonedx(described, "1.7" if arguments.format == "cyclonedx-1.7" else "1.6", created)
    complete = completeness(described)
    missing = f"; nobody says its {', '.join(complete.missing[:5]).replace('_', ' ')}" if complete.missing else ""
    return ModelBomAnswer(
        verdict=await context.verdict(report),
        summary=f"The bill of materials of {report.subject.name} is {complete.score}% complete{missing}"
        f"{not_examined(report)}.",
        findings=report.findings,
        coverage=report.coverage,
        subject=report.subject,
        document=json.dumps(document, ensure_ascii=False),
        completeness=complete,
        states=dict(described.states),
    )


async def model_register(arguments: ModelRegisterArguments, context: ToolContext) -> RegisterAnswer:
    facts, digest = arguments.facts, ""
    if arguments.target is not None and arguments.bom is not None:
        raise UnreadableInput("a version is registered from a target or from a BOM, not from both")
    if arguments.target is not None:
        found = await context.scan(describe, context.resolve(arguments.target), facts)
        facts, digest = found.described.facts, found.described.digest
    elif arguments.bom is not None:
        imported = await context.scan(import_bom, context.resolve(arguments.bom))
        facts, digest = imported.facts, imported.digest
        facts = replace(
            facts, name=arguments.facts.name or facts.name, version=arguments.facts.version or facts.version
        )
    register, by = _register(context), context.caller.subject

    def work() -> Registered:
        if digest or not arguments.events:
            register.add(facts, digest, by)
        return register.record(facts.name, facts.version, arguments.events, by)

    registered = await anyio.to_thread.run_sync(work)
    happened = ", ".join(f"{event.kind} {event.what}" for event in arguments.events)
    return RegisterAnswer(
        summary=f"{registered.name} {registered.version} is registered"
        + (f" ({registered.digest})" if registered.digest else "")
        + (f"; recorded: {happened}." if happened else "."),
        version=registered,
        deployments=registered.deployments,
    )


async def model_lineage(arguments: ModelLineageArguments, context: ToolContext) -> LineageAnswer:
    register = _register(context)
    question = Question(**arguments.model_dump(exclude={"limit"}))
    affected = await anyio.to_thread.run_sync(lambda: register.ask(question, arguments.limit))
    services = tuple(dict.fromkeys(service for one in affected for service in one.version.deployments))
    certain = sum(not one.uncertain for one in affected)
    doubt = f", and of {len(affected) - certain} it cannot be told" if certain < len(affected) else ""
    run_by = f"; services that run them: {', '.join(services)}" if services else "; no service runs them"
    return LineageAnswer(
        summary=f"{many(certain, 'registered version')} {'fits' if certain == 1 else 'fit'}{doubt}{run_by if affected else ''}.",
        affected=affected,
        services=services,
        truncated=len(affected) >= arguments.limit,
    )


def _register(context: ToolContext) -> Register:
    return context.service(ModelRegister).of(context.caller.tenant)  # type: ignore[type-abstract]


TOOLS: tuple[Tool, ...] = (
    Tool(
        name="model_bom",
        title="Write a model's bill of materials",
        description="Write the ML-BOM of a model (CycloneDX 1.6 or 1.7, or SPDX 3 with the AI profile) from its files, "
        "its model card and the facts you give, with digests of every file, and say how complete it is.",
        family="models",
        risk="read",
        arguments=ModelBomArguments,
        answer=ModelBomAnswer,
        run=model_bom,
        deadline=1800.0,
        targets=("target",),
        remote=("target",),
    ),
    Tool(
        name="model_register",
        title="Register a model version or what happened to it",
        description="Record a version of a model (from its files, or from a BOM) with training data, dependencies and "
        "ancestors, and record evaluations, approvals, deployments and filings of it. A registered version never "
        "changes; events are only added.",
        family="models",
        risk="change",
        arguments=ModelRegisterArguments,
        answer=RegisterAnswer,
        run=model_register,
        idempotent=False,
        deadline=1800.0,
        targets=("target", "bom"),
        remote=("target",),
    ),
    Tool(
        name="model_lineage",
        title="Ask which models are affected",
        description="Answer from the register which model versions were made with a data set, depend on a library "
        "version, or were made from another model, and which services run them now.",
        family="models",
        risk="read",
        arguments=ModelLineageArguments,
        answer=LineageAnswer,
        run=model_lineage,
    ),
)
