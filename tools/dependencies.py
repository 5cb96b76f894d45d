"""Dependencies as a tool: what a project says it is made of, against known vulnerabilities."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import Field

from scanners.findings import Verdict
from scanners.images.upgrades import Upgrade
from scanners.images.vulnerable import Vulnerable
from tools.answers import Answer, Arguments
from tools.context import ToolContext
from tools.model_words import not_examined
from tools.registry import Tool
from tools.vulnerability_data import vulnerability_data
from tools.wording import many, vulnerabilities

if TYPE_CHECKING:
    from scanners.bom.dependencies import CheckedDependencies

LISTED = 500


class DependencyCheckArguments(Arguments):
    target: str = Field(
        description="Path of a requirements or lock file (pip, Poetry, uv, PDM, Pipenv, npm, Yarn, pnpm, Cargo, Go), of a "
        "CycloneDX or SPDX bill of materials, or of a folder with such files"
    )


class DependencyCheckAnswer(Answer):
    """Known vulnerabilities in the packages named."""

    vulnerabilities: tuple[Vulnerable, ...] = Field(
        default=(), description=f"Vulnerable packages with their fix versions, worst first; at most {LISTED}"
    )
    vulnerability_count: int = Field(default=0, description="How many there are, listed or not")
    upgrades: tuple[Upgrade, ...] = Field(default=(), description="What to upgrade, most urgent first")
    database: str | None = Field(default=None, description="Digest of the vulnerability database; null: there was none")


async def dependency_check(arguments: DependencyCheckArguments, context: ToolContext) -> DependencyCheckAnswer:
    from scanners.bom.dependencies import check_dependencies  # the readers: the server starts without them

    data = vulnerability_data(context)
    checked = await context.scan(check_dependencies, context.resolve(arguments.target), data.path, seal=data.seal)
    report = checked.report
    verdict = await context.verdict(report)
    return DependencyCheckAnswer(
        verdict=verdict,
        summary=_summary(checked, verdict),
        findings=report.findings[:LISTED],
        coverage=report.coverage,
        subject=report.subject,
        vulnerabilities=checked.vulnerabilities[:LISTED],
        vulnerability_count=len(checked.vulnerabilities),
        upgrades=checked.upgrades[:LISTED],
        database=checked.database,
    )


def _summary(checked: CheckedDependencies, verdict: Verdict) -> str:
    report, found = checked.report, checked.vulnerabilities
    count = report.coverage.examined["packages"]
    if not found:
        known = "no known vulnerability" if verdict == "pass" else "no known vulnerability in what could be looked up"
        return f"{report.subject.name} names {many(count, 'package')} with {known}{not_examined(report)}."
    urgent = [one for one in found if one.exploited]
    attacked = f"; {len(urgent)} {'is' if len(urgent) == 1 else 'are'} used in attacks" if urgent else ""
    first = checked.upgrades[0] if checked.upgrades else None
    step = f"; first, upgrade {first.package} to {first.to}" if first else ""
    return (
        f"{report.subject.name} names {many(count, 'package')} with {vulnerabilities(len(found))}{attacked}{step}"
        f"{not_examined(report)}."
    )


TOOLS: tuple[Tool, ...] = (
    Tool(
        name="dependency_check",
        title="Check dependencies for known vulnerabilities",
        description="Look up every package that requirement files, lock files or a bill of materials name in the local "
        "vulnerability database, with what is known of attacks, and say what to upgrade to. Packages without an exact "
        "version are listed as not examined.",
        family="models",
        risk="read",
        arguments=DependencyCheckArguments,
        answer=DependencyCheckAnswer,
        run=dependency_check,
        deadline=300.0,
        targets=("target",),
    ),
)
