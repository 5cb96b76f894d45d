"""What attestations say, and what is none of their type."""

from __future__ import annotations

from pathlib import Path

import pytest

from scanners.images.trust.predicates import understood
from scanners.images.trust.verify import verify_image
from scanners.signatures.strict_json import MalformedDocument

SIGNED = Path(__file__).parent / "signed"


def test_what_the_real_cosign_signed_and_attested_by_tags_and_by_referrers():
    verified = verify_image(SIGNED / "shop.tar", public_key=SIGNED / "cosign.pub")
    said = sorted((item.kind, item.predicate, dict(item.facts)) for item in verified.signatures)
    assert [kind for kind, _, _ in said].count("signature") == 3
    assert {predicate: facts for _, predicate, facts in said if predicate} == {
        "https://cosign.sigstore.dev/attestation/vuln/v1": {
            "scanner": "pkg:github/aquasecurity/trivy@v0.57.0",
            "scanned": "2026-11-20T10:00:05Z",
        },
        "https://in-toto.io/attestation/vulns/v0.2": {
            "scanner": "pkg:github/anchore/grype@v0.80.0",
            "scanned": "2026-11-20T10:00:05Z",
            "database": "2026-11-19T00:00:00Z",
            "vulnerabilities": "1",
            "severe": "1",
        },
        "https://spdx.dev/Document": {"format": "SPDX-2.3"},
        "https://cyclonedx.org/bom": {"format": "CycloneDX-1.6"},
        "https://slsa.dev/provenance/v0.2": {
            "builder": "https://example.org/old-builder",
            "build_type": "https://example.org/b",
        },
        "https://slsa.dev/provenance/v1": {
            "builder": "https://example.org/builder",
            "build_type": "https://example.org/b",
            "source": "git+https://example.org/repo",
        },
        "https://slsa.dev/verification_summary/v1": {
            "result": "PASSED",
            "verifier": "https://example.org/gate",
            "resource": "shop",
            "verified": "2026-11-20T10:00:00Z",
            "levels": "SLSA_BUILD_LEVEL_3",
        },
    }
    rules = {finding.rule for finding in verified.report.findings}
    assert rules == {"image.signature.not_trusted"}  # the Notary Project's, beside them


@pytest.mark.parametrize(
    ("predicate", "content"),
    [
        ("https://slsa.dev/provenance/v1", None),
        ("https://slsa.dev/provenance/v1", []),
        ("https://slsa.dev/provenance/v1", {}),
        ("https://slsa.dev/provenance/v1", {"runDetails": {}, "buildDefinition": {"buildType": "x"}}),
        (
            "https://slsa.dev/provenance/v1",
            {"runDetails": {"builder": {"id": 7}}, "buildDefinition": {"buildType": "x"}},
        ),
        ("https://slsa.dev/provenance/v0.2", {"builder": "ci"}),
        ("https://spdx.dev/Document", {"name": "x"}),
        ("https://spdx.dev/Document", "SPDXVersion: SPDX-2.3"),
        ("https://cyclonedx.org/bom", {"bomFormat": "SPDX", "specVersion": "1.6"}),
        ("https://cyclonedx.org/bom", {"bomFormat": "CycloneDX"}),
        ("https://cosign.sigstore.dev/attestation/vuln/v1", {"scanner": {}}),
        ("https://in-toto.io/attestation/vulns/v0.2", {"scanner": {"uri": "x", "result": {}}}),
        ("https://in-toto.io/attestation/vulns/v0.2", {"scanner": {"uri": "x", "result": ["CVE-1"]}}),
        ("https://slsa.dev/verification_summary/v1", {"verificationResult": "passed", "verifier": {"id": "x"}}),
        ("https://slsa.dev/verification_summary/v1", {"verificationResult": "PASSED"}),
    ],
)
def test_what_has_not_its_type_s_shape_counts_as_none(predicate, content):
    with pytest.raises(MalformedDocument):
        understood(predicate, content)


@pytest.mark.parametrize(
    ("predicate", "content", "kind"),
    [
        ("", {"anything": 1}, "signature"),
        ("https://example.invalid/v1", "text", "other"),
        ("https://slsa.dev/provenance-like", {}, "other"),
        ("https://spdx.dev/Document/v3.0.1", {"@graph": []}, "spdx"),
        ("https://cyclonedx.org/bom/v1.6", {"bomFormat": "CycloneDX", "specVersion": "1.6"}, "cyclonedx"),
        ("https://slsa.dev/verification_summary/v1", {"verificationResult": "FAILED", "verifier": {"id": "x"}},
         "verification-summary"),
    ],
)  # fmt: skip
def test_kinds(predicate, content, kind):
    assert understood(predicate, content).kind == kind


def test_facts_are_short():
    made = understood("https://spdx.dev/Document", {"spdxVersion": "S" * 10_000})
    assert len(made.facts["format"]) == 500
