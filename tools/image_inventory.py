"""Images as lists: the bill of materials of one, and the difference between two."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Literal

from pydantic import Field

from scanners.findings import Coverage, Report, Subject
from scanners.images.compare import (
    ConfigChange,
    FileChange,
    ImageComparison,
    PackageChange,
    compare_images,
)
from scanners.images.observing import ImageIdentity, list_packages
from scanners.images.sbom import write_cyclonedx, write_spdx, write_spdx3
from scanners.images.vulnerable import Vulnerable
from tools.answers import Answer, Arguments
from tools.context import ToolContext
from tools.image_places import EXCEPTIONS, RULES, TARGET, existing
from tools.registry import Tool
from tools.reporting import ReportAnswer, ReportArguments, written
from tools.vulnerability_data import vulnerability_data
from tools.wording import many, vulnerabilities


class ImageSbomArguments(Arguments):
    target: str = Field(max_length=4096, description=TARGET)
    format: Literal["cyclonedx-1.6", "spdx-2.3", "spdx-3.0"] = Field(
        default="cyclonedx-1.6", description="The standard in which the bill of materials is written, as JSON"
    )
    platform: str | None = Field(
        default=None, max_length=200, description="Which platform of a multi-platform image, e.g. 'linux/arm64'"
    )
    reference: str | None = Field(
        default=None, max_length=500, description="Which image, by name, tag or digest, where there are several"
    )


class ImageSbomAnswer(Answer):
    """What an image is made of."""

    document: Mapping[str, Any] = Field(default_factory=dict, description="The bill of materials")
    package_count: int = Field(default=0, description="How many packages it names")


class ImageCompareArguments(ReportArguments):
    before: str = Field(max_length=4096, description=f"The image as it was. {TARGET}")
    after: str = Field(max_length=4096, description=f"The image as it is. {TARGET}")
    platform: str | None = Field(
        default=None, max_length=200, description="Which platform of multi-platform images, e.g. 'linux/arm64'"
    )
    before_reference: str | None = Field(
        default=None,
        max_length=500,
        description="Which image was before, by name, tag or digest, where there are several",
    )
    after_reference: str | None = Field(
        default=None,
        max_length=500,
        description="Which image is after, by name, tag or digest, where there are several",
    )


class ImageCompareAnswer(ReportAnswer):
    """What changed. Findings are those of the second image that the first does not have."""

    before: ImageIdentity | None = Field(default=None, description="The first image by its digests")
    after: ImageIdentity | None = Field(default=None, description="The second image by its digests")
    packages: tuple[PackageChange, ...] = Field(default=(), description="Packages that came, went or changed version")
    appeared: tuple[Vulnerable, ...] = Field(default=(), description="Known vulnerabilities that only the second has")
    mended: tuple[Vulnerable, ...] = Field(default=(), description="Known vulnerabilities that only the first has")
    files: tuple[FileChange, ...] = Field(default=(), description="Paths that came, went or changed")
    configuration: tuple[ConfigChange, ...] = Field(default=(), description="Settings that came, went or changed")
    counts: Mapping[str, int] = Field(default_factory=dict, description="Number of changes by kind, listed or not")


LISTED = 500
"""Changes of one kind in an answer."""


async def image_sbom(arguments: ImageSbomArguments, context: ToolContext) -> ImageSbomAnswer:
    target = context.resolve(arguments.target)
    listing = await context.scan(list_packages, target, platform=arguments.platform, reference=arguments.reference)
    report = Report(
        Subject("image", listing.image.digest, listing.image.name or target.name),
        (),
        Coverage({"packages": len(listing.packages)}, listing.skipped),
    )
    write = {"cyclonedx-1.6": write_cyclonedx, "spdx-2.3": write_spdx, "spdx-3.0": write_spdx3}[arguments.format]
    created = datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    missing = f"; {len(listing.skipped)} parts were not examined" if listing.skipped else ""
    return ImageSbomAnswer(
        verdict=await context.verdict(report),
        summary=f"{report.subject.name} holds {len(listing.packages)} packages{missing}.",
        coverage=report.coverage,
        subject=report.subject,
        document=write(listing, created),
        package_count=len(listing.packages),
    )


async def image_compare(arguments: ImageCompareArguments, context: ToolContext) -> ImageCompareAnswer:
    data = vulnerability_data(context)
    compared = await context.scan(
        compare_images,
        context.resolve(arguments.before),
        context.resolve(arguments.after),
        data.path,
        platform=arguments.platform,
        references=(arguments.before_reference, arguments.after_reference),
        exceptions=existing(context.data_dir / EXCEPTIONS),
        seal=data.seal,
        rules=existing(context.data_dir / RULES),
    )
    report = compared.report
    verdict, summary = await context.verdict(report), _difference(compared)
    return ImageCompareAnswer(
        **written(report, verdict, summary, arguments.format),
        verdict=verdict,
        summary=summary,
        findings=report.findings[:LISTED],
        coverage=report.coverage,
        subject=report.subject,
        before=compared.before,
        after=compared.after,
        packages=compared.packages[:LISTED],
        appeared=compared.appeared[:LISTED],
        mended=compared.mended[:LISTED],
        files=compared.files[:LISTED],
        configuration=compared.configuration[:LISTED],
        counts=compared.counts,
    )


def _difference(compared: ImageComparison) -> str:
    counts = compared.counts
    if not any(counts.values()):
        return "The two images hold the same."
    return (
        f"{many(counts['packages'], 'package')}, {many(counts['files'], 'path')}"
        f" and {many(counts['settings'], 'setting')} differ;"
        f" {vulnerabilities(counts['vulnerabilities_appeared'])} appeared,"
        f" {counts['vulnerabilities_mended']} went."
    )


TOOLS: tuple[Tool, ...] = (
    Tool(
        name="image_sbom",
        title="Bill of materials of an image",
        description=(
            "List every package of a container image as a CycloneDX 1.6, SPDX 2.3 or SPDX 3 document, with package URLs,"
            " licences, the file that is the evidence, and the layer that brought it. Digests are verified first."
        ),
        family="images",
        risk="read",
        arguments=ImageSbomArguments,
        answer=ImageSbomAnswer,
        run=image_sbom,
        deadline=300.0,
        targets=("target",),
        remote=("target",),
        images=True,
    ),
    Tool(
        name="image_compare",
        title="Compare two images",
        description=(
            "Say what changed between two container images: packages, known vulnerabilities that appeared or went,"
            " files, and configuration. Use it before an upgrade is rolled out. Values of environment variables are"
            " never shown."
        ),
        family="images",
        risk="read",
        arguments=ImageCompareArguments,
        answer=ImageCompareAnswer,
        run=image_compare,
        deadline=600.0,
        targets=("before", "after"),
        remote=("before", "after"),
        images=True,
    ),
)
