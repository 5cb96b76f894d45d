"""The tool `model_scan`: would loading this model run code, reach outside or exhaust the machine?"""

from __future__ import annotations

from pydantic import Field

from scanners.findings import Report, Verdict
from tools.context import ToolContext
from tools.model_words import TARGET
from tools.registry import Tool
from tools.reporting import ReportAnswer, ReportArguments, written


class ModelScanArguments(ReportArguments):
    """What to scan."""

    target: str = Field(
        min_length=1,
        max_length=4096,
        description=TARGET,
    )


class ModelScanAnswer(ReportAnswer):
    """The findings, worst first, and what was not examined."""


async def run_model_scan(arguments: ModelScanArguments, context: ToolContext) -> ModelScanAnswer:
    """Scan in a worker process, then ask the policy for its verdict."""
    from scanners.model_scan import scan_model  # Jinja and the readers: the server starts without them

    path = context.resolve(arguments.target)
    report = await context.scan(scan_model, path)
    verdict = await context.verdict(report)
    summary = _summary(report, verdict)
    return ModelScanAnswer(
        **written(report, verdict, summary, arguments.format),
        verdict=verdict,
        summary=summary,
        findings=report.findings,
        coverage=report.coverage,
        subject=report.subject,
    )


def _summary(report: Report, verdict: Verdict) -> str:
    name = report.subject.name
    if verdict == "fail" and report.findings:
        worst = report.findings[0]
        where = f" at {worst.location.path}" if worst.location.path else ""
        seen = f": {worst.evidence}" if worst.evidence else ""
        return f"Do not load {name}. {worst.title}{where}{seen}."
    if verdict == "unknown":
        skipped = report.coverage.skipped
        reason = f" {skipped[0].what}: {skipped[0].why}." if skipped else ""
        return f"{name} cannot be called safe: {len(skipped)} parts were not examined.{reason}"
    if verdict == "pass":
        files = report.coverage.examined.get("files", 0)
        return f"Nothing dangerous was found in {name}, and all of its {files} files were examined."
    return f"The policy refuses {name}."


TOOLS: tuple[Tool, ...] = (
    Tool(
        name="model_scan",
        title="Scan a model for malicious content",
        description=(
            "Examines a model file or folder without loading anything: pickles are interpreted abstractly, and the "
            "structure of PyTorch, Keras, TensorFlow, ONNX, safetensors, GGUF and other formats, archives, templates and "
            "configuration is checked. Answers pass, fail or unknown with evidence; unknown must not be treated as pass."
        ),
        family="models",
        risk="read",
        arguments=ModelScanArguments,
        answer=ModelScanAnswer,
        run=run_model_scan,
        deadline=900.0,
        targets=("target",),
        remote=("target",),
    ),
)
