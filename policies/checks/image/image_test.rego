package yumen.checks.image_test

import data.yumen.checks.image

sound := {
	"vulnerabilities": [],
	"findings": [],
	"skipped": [],
	"signatures": [{"predicate": "", "signer": "sha256:0"}],
	"sources": {"Debian:12": "2026-11-23T00:00:00Z"},
	"distribution": "debian",
}

decided(changes) := result if {
	result := image.decision with input as object.union(sound, changes)
}

codes(changes) := {reason.code | some reason in decided(changes).reasons}

vulnerable(severity, more) := object.union(
	{"package": "openssl", "version": "1", "advisory": "CVE-2026-1", "severity": severity, "fixed": "2", "exploited": null, "probability": null},
	more,
)

test_a_sound_signed_image_is_allowed if {
	decided({}).decision == "allow"
	decided({}).reasons == []
}

test_a_severe_vulnerability_is_denied if {
	decided({"vulnerabilities": [vulnerable("high", {})]}).decision == "deny"
	codes({"vulnerabilities": [vulnerable("high", {})]}) == {"vulnerable"}
}

test_a_mild_one_is_allowed if {
	decided({"vulnerabilities": [vulnerable("medium", {})]}).decision == "allow"
}

test_a_mild_one_that_is_used_in_attacks_is_denied if {
	codes({"vulnerabilities": [vulnerable("low", {"exploited": "2026-01-01"})]}) == {"exploited"}
}

test_a_mild_one_that_probably_will_be_is_denied if {
	codes({"vulnerabilities": [vulnerable("low", {"probability": 0.93})]}) == {"likely_exploited"}
	codes({"vulnerabilities": [vulnerable("low", {"probability": 0.03})]}) == set()
}

test_without_a_fix_it_is_denied_unless_configured_otherwise if {
	decided({"vulnerabilities": [vulnerable("high", {"fixed": null})]}).decision == "deny"
	image.decision.decision == "allow" with input as object.union(sound, {"vulnerabilities": [vulnerable("high", {"fixed": null})]})
		with data.config.image.deny_only_fixable as true
}

test_without_a_signature_it_is_denied if {
	codes({"signatures": []}) == {"signature_missing"}
	codes({"signatures": [{"predicate": "https://slsa.dev/provenance/v1"}]}) == {"signature_missing"}
}

test_without_a_wanted_attestation_it_is_denied if {
	wanted := ["https://slsa.dev/provenance/v1"]
	result := image.decision with input as sound with data.config.image.require_attestations as wanted
	{reason.code | some reason in result.reasons} == {"attestation_missing"}
}

test_a_secret_is_denied if {
	codes({"findings": [{"rule": "image.secret", "severity": "high", "title": "A credential"}]}) == {"finding"}
	decided({"findings": [{"rule": "image.secret", "severity": "low", "title": "A sample"}]}).decision == "allow"
}

test_another_distribution_is_denied_where_there_is_a_list if {
	result := image.decision with input as sound with data.config.image.allowed_distributions as ["alpine"]
	result.decision == "deny"
}

test_what_was_not_examined_is_indeterminate if {
	decided({"skipped": [{"what": "a layer", "why": "encrypted"}]}).decision == "indeterminate"
	bare := object.union(object.remove(sound, ["sources"]), {"sources": {}})
	image.decision.decision == "indeterminate" with input as bare
	decided({"vulnerabilities": [vulnerable("unheard", {})]}).decision == "indeterminate"
}

test_what_is_wrong_weighs_more_than_what_is_unknown if {
	decided({"skipped": [{"what": "a layer", "why": "encrypted"}], "signatures": []}).decision == "deny"
}

test_no_part_may_be_missing if {
	parts := ["vulnerabilities", "findings", "skipped", "signatures", "sources"]
	every part in parts {
		result := image.decision with input as object.remove(sound, [part])
		result.decision != "allow"
	}
}

test_nothing_at_all_is_not_allowed if {
	result := image.decision with input as {}
	result.decision != "allow"
}

provenance(builder) := {"predicate": "https://slsa.dev/provenance/v1", "kind": "provenance", "signer": "ci", "facts": {"builder": builder}}

summary(result) := {"predicate": "https://slsa.dev/verification_summary/v1", "kind": "verification-summary", "signer": "ci", "facts": {"result": result, "verifier": "https://gate.example"}}

attested(signatures, config) := {reason.code | some reason in result.reasons} if {
	with_plain := array.concat(sound.signatures, signatures)
	result := image.decision with input as object.union(sound, {"signatures": with_plain})
		with data.config.image as object.union(data.config.image, config)
}

test_an_attestation_is_wanted_by_type_or_by_kind if {
	every wanted in ["provenance", "https://slsa.dev/provenance/v1"] {
		attested([provenance("b")], {"require_attestations": [wanted]}) == set()
		attested([], {"require_attestations": [wanted]}) == {"attestation_missing"}
	}
}

test_provenance_of_another_builder_does_not_count if {
	config := {"require_attestations": ["provenance"], "trusted_builders": ["https://github.com/example/*"]}
	attested([provenance("https://github.com/example/build.yml@refs/heads/main")], config) == set()
	attested([provenance("https://github.com/evil/build.yml@refs/heads/main")], config) == {"attestation_missing"}
}

test_a_summary_counts_if_it_passed_at_a_verifier_who_is_trusted if {
	config := {"require_attestations": ["verification-summary"], "trusted_verifiers": ["https://gate.example"]}
	attested([summary("PASSED")], config) == set()
	attested([summary("FAILED")], config) == {"attestation_missing"}
	attested([summary("PASSED")], object.union(config, {"trusted_verifiers": ["https://other.example"]})) == {"attestation_missing"}
}

test_a_signer_who_is_not_accepted_vouches_for_nothing if {
	attested([], {"accepted_signers": ["sha256:0"]}) == set()
	attested([], {"accepted_signers": ["sha256:*"]}) == set()
	attested([], {"accepted_signers": ["sha256:1"]}) == {"signature_missing"}
	attested([provenance("b")], {"accepted_signers": ["sha256:0"], "require_attestations": ["provenance"]}) == {"attestation_missing"}
}

test_a_verification_that_failed_is_denied if {
	codes({"findings": [{"rule": "image.attestation.failed", "severity": "high", "title": "It did not pass"}]}) == {"finding"}
}

# --- Each check in each of its statuses: what tests/policies/test_statuses.py puts to it ------------------------------

statuses := {"image": {
	"pass": sound,
	"fail": object.union(sound, {"vulnerabilities": [vulnerable("critical", {})]}),
	"unknown": object.remove(sound, ["sources"]),
}}
