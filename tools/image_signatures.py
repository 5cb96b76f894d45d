"""Who vouches for an image."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field

from scanners.errors import UnreadableInput
from scanners.images.observing import ImageIdentity
from scanners.images.trust.verify import ImageVerification, Vouched, verify_image
from scanners.signatures.keyring import TrustedSigner, TrustedSigners
from tools.context import ToolContext
from tools.image_places import TARGET
from tools.model_signatures import trust_folder
from tools.registry import Tool
from tools.reporting import ReportAnswer, ReportArguments, written


class ImageVerifyArguments(ReportArguments):
    target: str = Field(max_length=4096, description=TARGET)
    public_key: str | None = Field(
        default=None, description="Path of the signer's public key (PEM), got from the signer and not with the image"
    )
    identity: str | None = Field(
        default=None,
        description="Who must have signed. With issuer: the sigstore identity (e-mail address or workflow URI); with"
        " certificate_roots: a name in the certificate, its 'sha256:…' fingerprint, or 'x509.subject: C=US, O=example.org'",
    )
    issuer: str | None = Field(
        default=None, description="URL of the OpenID Connect issuer that vouched for the sigstore identity"
    )
    certificate_roots: str | None = Field(
        default=None,
        description="Path of a PEM file with root certificates that the signer's must lead to (Notary Project signatures)",
    )
    timestamp_roots: str | None = Field(
        default=None,
        description="Path of a PEM file with roots of timestamp authorities: a signature that one of them has seen outlives"
        " its certificate, for certificate_roots",
    )
    trusted: str | None = Field(
        default=None, description="Name of a signer whom the operator trusts, instead of a key or an identity"
    )
    bundle: str | None = Field(
        default=None, description="Path of a sigstore bundle over the image; null: only those that lie beside it"
    )
    platform: str | None = Field(
        default=None, max_length=200, description="Which platform of a multi-platform image, e.g. 'linux/arm64'"
    )
    reference: str | None = Field(
        default=None, max_length=500, description="Which image, by name, tag or digest, where there are several"
    )


class ImageVerifyAnswer(ReportAnswer):
    """Whether an image is the one that a trusted signer vouched for."""

    image: ImageIdentity | None = Field(default=None, description="The image by its digests, all of them verified")
    signatures: tuple[Vouched, ...] = Field(
        default=(), description="Signatures and attestations that hold, with who made them"
    )


async def image_verify(arguments: ImageVerifyArguments, context: ToolContext) -> ImageVerifyAnswer:
    signer = TrustedSigner(
        public_key=_optional(arguments.public_key, context),
        certificate_roots=_optional(arguments.certificate_roots, context),
        timestamp_roots=_optional(arguments.timestamp_roots, context),
        identity=arguments.identity,
        issuer=arguments.issuer,
    )
    if arguments.trusted is not None:
        if signer != TrustedSigner():
            raise UnreadableInput("say in exactly one way whom to trust", remedy="with 'trusted', give no other trust")
        signer = TrustedSigners(trust_folder(context.data_dir)).load(arguments.trusted)
    found = await verified(
        context.resolve(arguments.target), signer, context, _optional(arguments.bundle, context),
        arguments.platform, arguments.reference,
    )  # fmt: skip
    report = found.report
    names = ", ".join(sorted({item.signer for item in found.signatures}))
    vouched = f"is vouched for by {names}" if names else "is vouched for by nobody who is trusted"
    verdict, summary = await context.verdict(report), f"{report.subject.name} {vouched}."
    return ImageVerifyAnswer(
        **written(report, verdict, summary, arguments.format),
        verdict=verdict,
        summary=summary,
        findings=report.findings,
        coverage=report.coverage,
        subject=report.subject,
        image=found.image,
        signatures=found.signatures,
    )


async def verified(
    target: Path,
    signer: TrustedSigner,
    context: ToolContext,
    bundle: Path | None,
    platform: str | None,
    reference: str | None,
) -> ImageVerification:
    """What `signer` vouches for of the image at `target`. Raises as `verify_image` does."""
    return await context.scan(
        verify_image,
        target,
        public_key=signer.public_key,
        identity=signer.identity,
        issuer=signer.issuer,
        trusted_root=signer.trusted_root,
        certificate_roots=signer.certificate_roots,
        revocation_lists=signer.revocation_lists,
        timestamp_roots=signer.timestamp_roots,
        bundle=bundle,
        platform=platform,
        reference=reference,
    )


def _optional(path: str | None, context: ToolContext) -> Path | None:
    return None if path is None else context.resolve(path)


TOOLS: tuple[Tool, ...] = (
    Tool(
        name="image_verify",
        title="Verify the signatures of an image",
        description=(
            "Prove that a container image is the one that a trusted signer vouched for: every blob by its digest, and"
            " cosign signatures and attestations that lie beside it (tags, OCI referrers, 'cosign save') or in a bundle, by"
            " public key or sigstore identity, and Notary Project signatures by certificate roots; offline. Attestations are"
            " told with what they say (provenance, bill of materials, scan, verification summary). A stranger's signature"
            " never counts."
        ),
        family="images",
        risk="read",
        arguments=ImageVerifyArguments,
        answer=ImageVerifyAnswer,
        run=image_verify,
        deadline=300.0,
        targets=("target", "public_key", "certificate_roots", "timestamp_roots", "bundle"),
        remote=("target",),
        images=True,
    ),
)
