"""The verification summary that an admitted model gets. https://slsa.dev/spec/v1.0/verification_summary"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from scanners.model_files.attestation import SUMMARY
from scanners.model_files.hashing import HashedModel
from scanners.model_files.statement import STATEMENT_TYPE


def write_summary(
    model: HashedModel, *, verifier: str, policy: str, verified: str, levels: Sequence[str], resource: str
) -> bytes:
    """The statement (JSON) that `verifier` examined the model under `policy` (a URI) and passed it at `verified`.

    Its subjects are every file by SHA-256 and the whole folder by its digest, which in-toto calls dirHash1, so that a
    file that is added later is not covered. `levels` names what was proven, `resource` the model (a URI).
    """
    subjects: list[dict[str, Any]] = [{"name": part.name, "digest": {"sha256": part.digest}} for part in model.manifest]
    subject = model.report.subject
    if len(subjects) > 1 or subject.digest != f"sha256:{model.manifest[0].digest}":
        subjects.append({"name": subject.name, "digest": {"dirHash1": subject.digest.removeprefix("sha256:")}})
    predicate = {
        "verifier": {"id": verifier},
        "timeVerified": verified,
        "resourceUri": resource,
        "policy": {"uri": policy},
        "verificationResult": "PASSED",
        "verifiedLevels": list(levels),
        "slsaVersion": "1.0",
    }
    statement = {"_type": STATEMENT_TYPE, "subject": subjects, "predicateType": SUMMARY, "predicate": predicate}
    return json.dumps(statement, ensure_ascii=False, separators=(",", ":")).encode()
