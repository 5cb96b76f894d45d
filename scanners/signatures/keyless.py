"""Sigstore's keyless signatures, offline: a short-lived certificate for an identity, and its entry in a public log."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from importlib.resources import as_file, files
from pathlib import Path
from typing import TYPE_CHECKING

from scanners.errors import UnreadableInput
from scanners.signatures.bundle import Bundle
from scanners.signatures.outcomes import SignatureRejected

if TYPE_CHECKING:
    from sigstore.models import TrustedRoot

_PUBLIC_GOOD = "https%3A%2F%2Ftuf-repo-cdn.sigstore.dev/trusted_root.json"


@dataclass(frozen=True, slots=True)
class Identity:
    """Who must have signed: both parts are needed, as any issuer can vouch for any name."""

    name: str
    """E-mail address or URI in the certificate's alternative name."""
    issuer: str
    """URL of the OpenID Connect issuer."""


def require_identity(bundle: Bundle, identity: Identity, trusted_root: Path | None = None) -> datetime.datetime:
    """When the bundle was signed, proven by the log or a timestamp; nothing is asked of the network.

    `trusted_root` is a sigstore trusted root (JSON) of a private deployment; None stands for the public good one that
    the installed sigstore package carries, never for a cache that somebody else may have written.

    Raises SignatureRejected; UnreadableInput for a broken `trusted_root`.
    """
    # Imported here: the package costs seconds, and most signatures need no part of it.
    from sigstore.errors import Error, VerificationError
    from sigstore.models import Bundle as SigstoreBundle
    from sigstore.verify import Verifier, policy

    verifier = Verifier(trusted_root=_trusted_root(trusted_root))
    try:
        parsed = SigstoreBundle.from_json(bundle.raw)
        wanted = policy.Identity(identity=identity.name, issuer=identity.issuer)
        kind, payload = verifier.verify_dsse(parsed, wanted)
    except VerificationError as error:
        raise SignatureRejected(
            "untrusted",
            f"sigstore verification failed: {error}",
            "Check the identity and the issuer with the signer; a private deployment needs its own trusted root.",
        ) from None
    except (Error, ValueError) as error:
        raise SignatureRejected("malformed", f"the sigstore bundle is not valid: {error}") from None
    if (kind, payload) != (bundle.envelope.payload_type, bundle.envelope.payload):
        raise SignatureRejected("malformed", "two readers of the bundle disagree about what was signed")
    return parsed.signing_certificate.not_valid_before_utc


def _trusted_root(path: Path | None) -> TrustedRoot:
    from sigstore.errors import Error
    from sigstore.models import TrustedRoot

    if path is None:
        with as_file(files("sigstore").joinpath("_store", _PUBLIC_GOOD)) as embedded:
            return TrustedRoot.from_file(str(embedded))
    try:
        return TrustedRoot.from_file(str(path))
    except (Error, ValueError, OSError) as error:
        raise UnreadableInput(
            "the trusted root is not a sigstore trusted root",
            remedy="give the trusted_root.json of the deployment",
            detail=str(error),
        ) from None
