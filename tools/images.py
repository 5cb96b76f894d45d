"""The image family: what is in a container image, and what is known to be wrong with it."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import Field

from scanners.images.bases import BaseImage
from scanners.images.distribution import Distribution
from scanners.images.exceptions import Suppressed
from scanners.images.observing import ImageIdentity
from scanners.images.scan import ImageScan, PlatformScan
from scanners.images.upgrades import Upgrade
from scanners.images.vulnerable import Vulnerable
from tools import image_admission, image_inventory, image_signatures
from tools.context import ToolContext
from tools.image_places import TARGET
from tools.image_scanning import scanned
from tools.registry import Tool
from tools.reporting import ReportAnswer, ReportArguments, written
from tools.wording import many, vulnerabilities


class ImageScanArguments(ReportArguments):
    target: str = Field(
        max_length=4096,
        description=f"{TARGET}; or a bill of materials (CycloneDX or SPDX JSON)",
    )
    platform: str | None = Field(
        default=None,
        max_length=200,
        description="Which platform of a multi-platform image, e.g. 'linux/arm64', or 'all' of them; by default this machine's",
    )
    reference: str | None = Field(
        default=None,
        max_length=500,
        description="Which image, by name, tag or digest, where the target holds several",
    )
    list_limit: int = Field(
        default=100,
        ge=0,
        le=10_000,
        description="How many findings, vulnerabilities and upgrades to list, worst first; all are counted in any case",
    )


class ImageScanAnswer(ReportAnswer):
    image: ImageIdentity | None = Field(
        default=None,
        description="The image by its digests; null when all platforms were scanned, or the scan was stopped before it was known",
    )
    platforms: tuple[PlatformScan, ...] = Field(
        default=(), description="With the platform 'all', each of them; what is listed elsewhere is of all together"
    )
    os: Distribution | None = Field(
        default=None, description="The distribution that the image says it is; null if it does not say"
    )
    base: BaseImage | None = Field(default=None, description="On which image it was built; null if nothing says")
    packages: Mapping[str, int] = Field(default_factory=dict, description="Number of packages by ecosystem")
    vulnerabilities: tuple[Vulnerable, ...] = Field(
        default=(), description="Vulnerable packages with their fix versions and layers, worst first"
    )
    upgrades: tuple[Upgrade, ...] = Field(
        default=(), description="What to upgrade to what, and how many that mends; most urgent first"
    )
    suppressed: tuple[Suppressed, ...] = Field(
        default=(), description="Found, but settled by the operator's VEX documents or waivers"
    )
    vulnerability_count: int = Field(default=0, description="How many there are, listed or not")
    database: str | None = Field(default=None, description="Digest of the vulnerability database; null: there was none")


async def run_image_scan(arguments: ImageScanArguments, context: ToolContext) -> ImageScanAnswer:
    """Scan the image and let policy judge."""
    target = context.resolve(arguments.target)
    scan = await scanned(target, context, platform=arguments.platform, reference=arguments.reference)
    verdict = await context.verdict(scan.report)
    summary = _summary(scan)
    return ImageScanAnswer(
        **written(scan.report, verdict, summary, arguments.format),
        verdict=verdict,
        summary=summary,
        findings=scan.report.findings[: arguments.list_limit],
        coverage=scan.report.coverage,
        subject=scan.report.subject,
        image=scan.image,
        platforms=scan.platforms,
        os=scan.distribution,
        base=scan.base,
        packages=scan.packages,
        vulnerabilities=scan.vulnerabilities[: arguments.list_limit],
        vulnerability_count=len(scan.vulnerabilities),
        upgrades=scan.upgrades[: arguments.list_limit],
        suppressed=scan.suppressed[: arguments.list_limit],
        database=scan.database,
    )


def _summary(scan: ImageScan) -> str:
    name = scan.report.subject.name
    system = scan.distribution.name if scan.distribution else "an unnamed distribution"
    found = len(scan.vulnerabilities)
    fixable = sum(1 for item in scan.vulnerabilities if item.fixed)
    bad = sum(1 for item in scan.vulnerabilities if item.severity in ("critical", "high"))
    if scan.platforms:
        system = f"{system} on {many(len(scan.platforms), 'platform')}"
    text = f"{name} ({system}, {many(sum(scan.packages.values()), 'package')}): "
    if found:
        text += f"{vulnerabilities(found)}, {bad} of them critical or high, {fixable} mended by an upgrade"
        if below := sum(1 for item in scan.vulnerabilities if item.in_base):
            named = f" {scan.base.name}" if scan.base and scan.base.name else ""
            text += f", {below} from the base image{named}"
    else:
        text += "no known vulnerabilities among what could be looked up"
    others = [finding.title for finding in scan.report.findings if finding.rule != "image.package.vulnerable"]
    if others:
        text += f"; {others[0]}" + (f" and {many(len(others) - 1, 'more finding')}" if len(others) > 1 else "")
    if scan.report.coverage.skipped:
        first = scan.report.coverage.skipped[0]
        text += f"; not examined: {first.what} ({first.why})"
        if len(scan.report.coverage.skipped) > 1:
            text += f" and {len(scan.report.coverage.skipped) - 1} more"
    return f"{text}."


TOOLS: tuple[Tool, ...] = (
    Tool(
        name="image_scan",
        title="Scan a container image",
        description=(
            "Look into a container image on disk without running it: verify every digest, list the packages of its"
            " operating system, of every language and of programs that no package manager brought, match them with known"
            " vulnerabilities, and look for credentials and a dangerous configuration. Answers the fix versions, the"
            " layer that brought each package, and what could not be examined. 'unknown' is not a pass: the coverage"
            " says what was missing, for example advisories for the distribution ('yumen db build')."
        ),
        family="images",
        risk="read",
        arguments=ImageScanArguments,
        answer=ImageScanAnswer,
        run=run_image_scan,
        deadline=300.0,
        targets=("target",),
        remote=("target",),
        images=True,
    ),
    *image_inventory.TOOLS,
    *image_signatures.TOOLS,
    *image_admission.TOOLS,
)
