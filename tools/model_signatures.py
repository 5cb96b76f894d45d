"""Model signatures as tools: verify who signed a model, sign one."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field

from scanners.errors import TargetMissing, UnreadableInput
from scanners.findings import Report, Verdict
from scanners.model_files.attestation import Attestation
from scanners.model_files.listings import check_listing
from scanners.model_files.manifest import Serialization
from scanners.model_files.signing import state_model
from scanners.model_files.trust import Signer
from scanners.model_files.verification import verify_model
from scanners.signatures.keyring import SigningKeys, TrustedSigner, TrustedSigners
from scanners.signatures.keys import fingerprint
from scanners.signatures.signing import sign, write_bundle
from tools.answers import Answer, Arguments
from tools.context import ToolContext
from tools.model_words import DECRYPTION_KEY, REUSE, TARGET, counted, not_examined, recall, remember, reused, unlocked
from tools.new_files import new_file
from tools.registry import Tool


class ModelVerifyArguments(Arguments):
    target: str = Field(description=TARGET)
    signature: str | None = Field(
        default=None,
        description="Path of the signature (OpenSSF model-signing bundle); null for model.sig inside the folder, or "
        "the file's name with .sig appended",
    )
    listing: str | None = Field(
        default=None,
        description="Instead of a signature: path of a list of digests that nobody signed (SHA256SUMS, b2sum, b3sum), of a "
        "safetensors index (*.index.json), or of the .cache/huggingface folder of a download. It tells a damaged model "
        "from a whole one, not an honest one from a forged one",
    )
    public_key: str | None = Field(
        default=None, description="Path of the signer's public key (PEM), got from the signer and not with the model"
    )
    certificate_roots: str | None = Field(
        default=None, description="Path of a PEM file with the root certificates to trust; no others are trusted"
    )
    revocation_lists: str | None = Field(
        default=None, description="Path of a PEM file with certificate revocation lists, for certificate_roots"
    )
    identity: str | None = Field(
        default=None,
        description="Who must have signed. With issuer: the sigstore identity (e-mail address or workflow URI). With "
        "certificate_roots: a name in the certificate or its 'sha256:…' fingerprint",
    )
    issuer: str | None = Field(
        default=None, description="URL of the OpenID Connect issuer that vouched for the sigstore identity"
    )
    trusted_root: str | None = Field(
        default=None, description="Path of the trusted_root.json of a private sigstore; null for the public one"
    )
    timestamp_roots: str | None = Field(
        default=None,
        description="Path of a PEM file with roots of timestamp authorities: a timestamp in the signature then says when "
        "the certificate must have been valid",
    )
    trusted: str | None = Field(
        default=None,
        description="Name of a signer that the operator trusts (`yumen model trust list`), instead of all of the above",
    )
    decryption_key: str | None = Field(default=None, description=DECRYPTION_KEY)
    reuse: bool = Field(default=False, description=REUSE)
    attested_by: str | None = Field(
        default=None,
        description="For SLSA provenance or a verification summary: the id of the builder or verifier it must be by",
    )


class ModelVerifyAnswer(Answer):
    """Whether a model is the one that a trusted signer signed."""

    signer: Signer | None = Field(
        default=None, description="Who signed, as far as it was proven; null when no signature holds"
    )
    serialization: Serialization | None = Field(default=None, description="How the signer cut and hashed the model")
    attestation: Attestation | None = Field(
        default=None, description="What the signed statement says, when it is provenance or a summary and no manifest"
    )


class ModelSignArguments(Arguments):
    target: str = Field(description=TARGET)
    key: str = Field(description="Name of a signing key of the server (`yumen model key list`)")
    output: str | None = Field(
        default=None,
        description="Path of the signature file to write, usually model.sig inside the folder; null to only return it",
    )
    method: Literal["files", "shards"] = Field(
        default="files", description="files: one digest a file; shards: one per byte range"
    )
    algorithm: Literal["sha256", "blake2b", "blake3"] = Field(
        default="sha256", description="Digest algorithm; every verifier knows sha256"
    )
    shard_size: int | None = Field(
        default=None, ge=1 << 20, description="Bytes of a shard; null for 1,000,000,000. Only with method shards"
    )


class ModelSignAnswer(Answer):
    """A signature over a model."""

    signature: str = Field(default="", description="The signature file (OpenSSF model-signing bundle, JSON)")
    written: bool = Field(default=False, description="Whether it was written to the output path")
    signer: Signer | None = Field(default=None, description="With which key or certificate it was signed")


def signing_folder(data_dir: Path) -> Path:
    """Where the keys that models are signed with are kept."""
    return data_dir / "model-keys"


def trust_folder(data_dir: Path) -> Path:
    """Where the signers that the operator trusts are kept."""
    return data_dir / "trusted-signers"


async def model_verify(arguments: ModelVerifyArguments, context: ToolContext) -> ModelVerifyAnswer:
    target = context.resolve(arguments.target)
    if arguments.listing is not None:
        return await _verify_listing(arguments, target, context)
    trust = trust_of(arguments, context)
    verified = await context.scan(
        verify_model,
        target,
        signature_file(arguments.signature, target, context),
        public_key=trust.public_key,
        certificate_roots=trust.certificate_roots,
        revocation_lists=trust.revocation_lists,
        identity=trust.identity,
        issuer=trust.issuer,
        trusted_root=trust.trusted_root,
        timestamp_roots=trust.timestamp_roots,
        attested_by=arguments.attested_by,
        known=await recall(context, target, wanted=arguments.reuse),
        decryption_key=unlocked(context, arguments.decryption_key),
    )
    await remember(context, verified.fresh, wanted=arguments.reuse)
    report = verified.report
    verdict = await context.verdict(report)
    return ModelVerifyAnswer(
        verdict=verdict,
        summary=_verify_summary(report, verdict, verified.signer),
        findings=report.findings,
        coverage=report.coverage,
        subject=report.subject,
        signer=verified.signer,
        serialization=verified.serialization,
        attestation=verified.attestation,
    )


async def _verify_listing(arguments: ModelVerifyArguments, target: Path, context: ToolContext) -> ModelVerifyAnswer:
    listing = context.resolve(arguments.listing or "")
    report = await context.scan(check_listing, target, listing)
    verdict = await context.verdict(report)
    if report.findings:
        summary = f"{report.subject.name} is not what {listing.name} lists: {counted(report)}."
    else:
        summary = f"{report.subject.name} is what {listing.name} lists, which nobody signed{not_examined(report)}."
    return ModelVerifyAnswer(
        verdict=verdict, summary=summary, findings=report.findings, coverage=report.coverage, subject=report.subject
    )


async def model_sign(arguments: ModelSignArguments, context: ToolContext) -> ModelSignAnswer:
    target = context.resolve(arguments.target)
    key = SigningKeys(signing_folder(context.data_dir)).load(arguments.key)
    output = None if arguments.output is None else new_file(arguments.output, context)
    inside = output is not None and output.is_relative_to(target) and target.is_dir()
    stated = await context.scan(
        state_model,
        target,
        method=arguments.method,
        algorithm=arguments.algorithm,
        shard_size=arguments.shard_size,
        signature_name=output.relative_to(target).as_posix() if output is not None and inside else None,
    )
    bundle = write_bundle(sign(stated.statement.encode(), key.key), key.key, key.chain)
    if output is not None:
        with output.open("xb") as file:
            file.write(bundle)
    report = stated.report
    leaf = key.chain[0].subject.rfc4514_string() if key.chain else ""
    signer = Signer("certificate" if leaf else "key", leaf or fingerprint(key.key.public_key()))
    return ModelSignAnswer(
        verdict=await context.verdict(report),
        summary=f"{report.subject.name} is signed with the key {arguments.key} ({signer.name}){not_examined(report)}.",
        coverage=report.coverage,
        subject=report.subject,
        signature=bundle.decode(),
        written=output is not None,
        signer=signer,
    )


def trust_of(arguments: ModelVerifyArguments, context: ToolContext) -> TrustedSigner:
    """Whom the caller wants to trust, paths resolved. Raises UnreadableInput if that is said in two ways."""
    given = TrustedSigner(
        public_key=_optional(arguments.public_key, context),
        certificate_roots=_optional(arguments.certificate_roots, context),
        revocation_lists=_optional(arguments.revocation_lists, context),
        identity=arguments.identity,
        issuer=arguments.issuer,
        trusted_root=_optional(arguments.trusted_root, context),
        timestamp_roots=_optional(arguments.timestamp_roots, context),
    )
    if arguments.trusted is None:
        return given
    if given != TrustedSigner():
        raise UnreadableInput("say in exactly one way whom to trust", remedy="with 'trusted', give no other trust")
    return TrustedSigners(trust_folder(context.data_dir)).load(arguments.trusted)


def signature_file(given: str | None, target: Path, context: ToolContext) -> Path:
    """The signature that was named, or the one in the usual place. Raises TargetMissing, TargetRefused."""
    if given is not None:
        return context.resolve(given)
    usual = target / "model.sig" if target.is_dir() else target.with_name(f"{target.name}.sig")
    try:
        return context.resolve(str(usual))
    except TargetMissing:
        raise TargetMissing(
            f"{target.name!r} comes with no signature ({usual.name})", remedy="say with 'signature' where it is"
        ) from None


def _optional(path: str | None, context: ToolContext) -> Path | None:
    return None if path is None else context.resolve(path)


def _verify_summary(report: Report, verdict: Verdict, signer: Signer | None) -> str:
    if signer is None:
        reason = report.findings[0].title if report.findings else report.coverage.skipped[0].why
        return f"The signature {report.subject.name} proves nothing: {reason}."
    by = f"signed by {signer.name}" + (f" (vouched for by {signer.authority})" if signer.authority else "")
    if report.findings:
        return f"{report.subject.name} is not the model that was {by}: {counted(report)}."
    if verdict == "pass":
        return f"{report.subject.name} is exactly the model that was {by}{reused(report)}."
    return f"What was examined of {report.subject.name} is as {by}{not_examined(report)}."


TOOLS: tuple[Tool, ...] = (
    Tool(
        name="model_verify",
        title="Verify a model's signature",
        description="Check that a model is exactly the one that somebody trusted signed (OpenSSF model-signing "
        "format), offline. Say whom to trust in one way: public_key, certificate_roots, or identity with issuer "
        "(sigstore). Findings name each file that is changed, missing or extra.",
        family="models",
        risk="read",
        arguments=ModelVerifyArguments,
        answer=ModelVerifyAnswer,
        run=model_verify,
        deadline=1800.0,
        targets=(
            "target",
            "signature",
            "listing",
            "public_key",
            "certificate_roots",
            "revocation_lists",
            "trusted_root",
            "timestamp_roots",
        ),
        remote=("target", "signature", "listing"),
    ),
    Tool(
        name="model_sign",
        title="Sign a model",
        description="Sign every file of a model with one of the server's keys (OpenSSF model-signing format), so that "
        "model_verify and other verifiers can tell later that nothing was changed, removed or added.",
        family="models",
        risk="change",
        arguments=ModelSignArguments,
        answer=ModelSignAnswer,
        run=model_sign,
        idempotent=False,
        deadline=1800.0,
        targets=("target",),
        remote=("target",),
        outputs=("output",),
    ),
)
