"""The model family: hash a model here; signatures, comparison and records in the modules joined below."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from scanners.findings import Report
from scanners.model_files.hashing import PartEntry, hash_model
from scanners.model_files.manifest import Serialization
from tools import dependencies, model_admit, model_compare, model_records, model_signatures
from tools.answers import Answer, Arguments
from tools.context import ToolContext
from tools.model_words import DECRYPTION_KEY, REUSE, TARGET, counted, not_examined, recall, remember, reused, unlocked
from tools.registry import Tool


class ModelHashArguments(Arguments):
    target: str = Field(description=TARGET)
    method: Literal["files", "shards"] = Field(
        default="files",
        description="files: one digest a file. shards: one per byte range, so that a single huge file uses every core",
    )
    algorithm: Literal["sha256", "blake2b", "blake3"] = Field(
        default="sha256", description="Digest algorithm; sha256 is what registries and signatures use"
    )
    shard_size: int | None = Field(
        default=None, ge=1 << 20, description="Bytes of a shard; null for 1,000,000,000. Only with method shards"
    )
    expected: str | dict[str, str] | None = Field(
        default=None,
        description="What the model must be: the digest that an earlier model_hash answered ('sha256:…'), or hex "
        "digests by file name. Differences come back as findings naming each file",
    )
    decryption_key: str | None = Field(default=None, description=DECRYPTION_KEY)
    reuse: bool = Field(default=False, description=REUSE)
    list_limit: int = Field(
        default=200, ge=0, le=100_000, description="How many manifest entries to list; all are hashed in any case"
    )


class ModelHashAnswer(Answer):
    """The digest of a model and the manifest it is made of."""

    digest: str = Field(
        default="",
        description="The model's identity. Of a folder: SHA-256 over the sorted lines 'digest, two blanks, name', as "
        "sha256sum prints them; it covers names and contents. Of a file: the digest of its content",
    )
    serialization: Serialization | None = Field(default=None, description="How the parts were cut and hashed")
    manifest: tuple[PartEntry, ...] = Field(default=(), description="The first entries of the manifest, by name")
    omitted: int = Field(
        default=0, description="Entries beyond list_limit, which are part of the digest but not listed"
    )


async def model_hash(arguments: ModelHashArguments, context: ToolContext) -> ModelHashAnswer:
    target = context.resolve(arguments.target)
    hashed = await context.scan(
        hash_model,
        target,
        method=arguments.method,
        algorithm=arguments.algorithm,
        shard_size=arguments.shard_size,
        expected=arguments.expected,
        known=await recall(context, target, wanted=arguments.reuse),
        identity=unlocked(context, arguments.decryption_key),
    )
    await remember(context, hashed.fresh, wanted=arguments.reuse)
    report = hashed.report
    verdict = await context.verdict(report)
    listed = hashed.manifest[: arguments.list_limit]
    return ModelHashAnswer(
        verdict=verdict,
        summary=_hash_summary(report, compared=arguments.expected is not None),
        findings=report.findings,
        coverage=report.coverage,
        subject=report.subject,
        digest=report.subject.digest,
        serialization=hashed.serialization,
        manifest=listed,
        omitted=len(hashed.manifest) - len(listed),
    )


def _hash_summary(report: Report, *, compared: bool) -> str:
    size = f"{report.coverage.examined['files']} files, {report.coverage.examined['bytes']:,} bytes"
    if report.findings:
        return f"{report.subject.name} is not what was expected: {counted(report)} ({size})."
    outcome = "is exactly what was expected" if compared else f"has the digest {report.subject.digest}"
    return f"{report.subject.name} {outcome} ({size}){reused(report)}{not_examined(report)}."


TOOLS: tuple[Tool, ...] = (
    Tool(
        name="model_hash",
        title="Hash a model",
        description="Compute the digest of every file of a model and one digest for the whole, to name exactly which "
        "model is meant, and optionally compare it with an expected digest or manifest. Reads every byte; loads "
        "nothing.",
        family="models",
        risk="read",
        arguments=ModelHashArguments,
        answer=ModelHashAnswer,
        run=model_hash,
        deadline=1800.0,
        targets=("target",),
        remote=("target",),
    ),
    *model_signatures.TOOLS,
    *model_compare.TOOLS,
    *model_records.TOOLS,
    *dependencies.TOOLS,
    *model_admit.TOOLS,
)
