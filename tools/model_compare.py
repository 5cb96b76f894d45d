"""Comparison of weights as a tool: was a parameter changed?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from pydantic import Field

from scanners.findings import Report, Subject
from scanners.model_files.weights.difference import TensorDifference
from scanners.model_files.weights.picture import draw
from tools.answers import Answer, Arguments
from tools.context import ToolContext
from tools.model_words import not_examined
from tools.registry import Tool


class ModelCompareArguments(Arguments):
    target: str = Field(
        description="Checkpoint to examine: a safetensors, PyTorch (.pt, .bin), GGUF or NumPy file, a shard index, or a "
        "folder with one of these"
    )
    reference: str = Field(description="Checkpoint that it should be the same as, in any of these formats")
    list_limit: int = Field(
        default=100, ge=0, le=10_000, description="How many differing tensors to list; all are compared in any case"
    )
    picture: bool = Field(default=False, description="Also answer an SVG picture of the differences by layer")


class ModelCompareAnswer(Answer):
    """Whether parameters were changed, and how much."""

    reference: Subject | None = Field(default=None, description="What it was compared with, by digest")
    counts: dict[str, int] = Field(
        default_factory=dict, description="Tensors by state: equal, changed, cast, added, removed, shape, dtype"
    )
    tensors: tuple[TensorDifference, ...] = Field(
        default=(), description="The tensors that differ, the most changed first"
    )
    omitted: int = Field(default=0, description="Differing tensors beyond list_limit")
    picture: str | None = Field(
        default=None, description="SVG: one column a layer, one row a kind of parameter, the darker the more changed"
    )


async def model_compare(arguments: ModelCompareArguments, context: ToolContext) -> ModelCompareAnswer:
    from scanners.model_files.weights.comparison import compare_models  # NumPy: the server starts without it

    compared = await context.scan(
        compare_models, context.resolve(arguments.target), context.resolve(arguments.reference)
    )
    report = compared.report
    counts = Counter[str](tensor.state for tensor in compared.tensors)
    differing = sorted(
        (tensor for tensor in compared.tensors if tensor.state != "equal"),
        key=lambda tensor: (tensor.state == "cast", -tensor.relative_difference, tensor.name),
    )
    listed = tuple(differing[: arguments.list_limit])
    return ModelCompareAnswer(
        verdict=await context.verdict(report),
        summary=_compare_summary(report, compared.reference, counts),
        findings=report.findings,
        coverage=report.coverage,
        subject=report.subject,
        reference=compared.reference,
        counts=dict(counts),
        tensors=listed,
        omitted=len(differing) - len(listed),
        picture=draw(compared.tensors) if arguments.picture else None,
    )


def _compare_summary(report: Report, reference: Subject, counts: Mapping[str, int]) -> str:
    total = sum(counts.values())
    differing = ", ".join(f"{count} {state}" for state, count in sorted(counts.items()) if state != "equal")
    if not differing:
        return f"All {total} tensors of {report.subject.name} equal those of {reference.name}{not_examined(report)}."
    if set(counts) <= {"equal", "cast"}:
        return (
            f"{report.subject.name} is {reference.name} cast to another type ({counts['cast']} of {total} tensors), "
            f"and nothing else was changed{not_examined(report)}."
        )
    return f"{report.subject.name} differs from {reference.name}: {differing}, of {total} tensors."


TOOLS: tuple[Tool, ...] = (
    Tool(
        name="model_compare",
        title="Compare two models' weights",
        description="Find out whether parameters were changed: compares two checkpoints tensor by tensor, without "
        "loading them, also across formats and shards. Tells a change from a mere cast (float32 to bfloat16), and says "
        "how much each tensor changed.",
        family="models",
        risk="read",
        arguments=ModelCompareArguments,
        answer=ModelCompareAnswer,
        run=model_compare,
        deadline=1800.0,
        targets=("target", "reference"),
        remote=("target", "reference"),
    ),
)
