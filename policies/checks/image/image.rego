# METADATA
# title: Admission of a container image
# description: |
#   May this image run? Denied for what is known to be wrong; indeterminate if anything that the answer needs was not
#   examined; allowed otherwise. What weighs enough is data: data.config.image. Nothing counts in an image's favour that
#   is not in the input.
# scope: package
# custom:
#   id: image
#   severity: critical
#   applies_to: [image]
#   automation: full
#   statuses: [pass, fail, unknown]
#   remediation:
#     en: Upgrade what has a fix, remove what has none, sign the image, and scan with current advisories.
#     zh: 升级有修复版本的软件包，移除没有修复的软件包，对镜像签名，并使用最新的漏洞数据重新扫描。
#   references:
#     - SLSA v1.1 verification summary
#     - CIS Docker 1.6
package yumen.checks.image

config := data.config.image

# METADATA
# title: allow, deny or indeterminate
# description: The decision on an image that was scanned (and verified, where a signature is required), with every reason.
# entrypoint: true
decision := {
	"decision": outcome,
	"reasons": reasons,
	"valid_hours": object.get(config, "valid_hours", 1),
}

default outcome := "indeterminate"

outcome := "deny" if {
	count(deny) > 0
} else := "allow" if {
	count(doubt) == 0
	well_formed
}

reasons := [reason | some reason in ((deny | doubt) | malformed)]

well_formed if {
	is_array(input.vulnerabilities)
	is_array(input.findings)
	is_array(input.skipped)
	is_array(input.signatures)
	is_object(input.sources)
	is_object(config)
}

malformed contains {"code": "incomplete_input", "message": "The input lacks a part of what was examined", "about": ""} if not well_formed

default vulnerabilities := []

vulnerabilities := input.vulnerabilities if is_array(input.vulnerabilities)

default findings := []

findings := input.findings if is_array(input.findings)

default skipped := []

skipped := input.skipped if is_array(input.skipped)

default signatures := []

signatures := input.signatures if is_array(input.signatures)

# Who may vouch at all: config.accepted_signers, each a signer's whole name, or its beginning with '*' behind it. Without
# any, everybody whom the operator trusts.
accepted := [signature | some signature in signatures; is_accepted(signature)]

is_accepted(_) if count(object.get(config, "accepted_signers", [])) == 0

is_accepted(signature) if {
	some pattern in config.accepted_signers
	is_named(pattern, signature.signer)
}

is_named(pattern, name) if pattern == name

is_named(pattern, name) if {
	endswith(pattern, "*")
	startswith(name, trim_suffix(pattern, "*"))
}

# An attestation says something of the image; that it may run, only a signature says.
plain := [signature | some signature in accepted; signature.predicate == ""]

# What counts as an attestation of a type, by the type itself and by its kind whatever the version ('provenance').
attested contains name if {
	some signature in accepted
	counts_as_attestation(signature)
	some name in [signature.predicate, object.get(signature, "kind", "")]
	name != ""
}

counts_as_attestation(signature) if not object.get(signature, "kind", "") in {"provenance", "verification-summary"}

counts_as_attestation(signature) if {
	signature.kind == "provenance"
	is_listed(object.get(config, "trusted_builders", []), signature.facts.builder)
}

counts_as_attestation(signature) if {
	signature.kind == "verification-summary"
	signature.facts.result == "PASSED"
	is_listed(object.get(config, "trusted_verifiers", []), signature.facts.verifier)
}

is_listed(patterns, _) if count(patterns) == 0

is_listed(patterns, name) if {
	some pattern in patterns
	is_named(pattern, name)
}

default sources := {}

sources := input.sources if is_object(input.sources)

# --- Deny -------------------------------------------------------------------------------------------------------------

deny contains because("vulnerable", sprintf("%s %s has %s (%s)", [found.package, found.version, found.advisory, found.severity]), found.advisory) if {
	some found in vulnerabilities
	found.severity in config.deny_severities
	counts_although(found)
}

deny contains because("exploited", sprintf("%s in %s is used in attacks since %s", [found.advisory, found.package, found.exploited]), found.advisory) if {
	config.deny_exploited
	some found in vulnerabilities
	is_string(found.exploited)
}

deny contains because("likely_exploited", sprintf("%s in %s will probably be used in attacks", [found.advisory, found.package]), found.advisory) if {
	some found in vulnerabilities
	is_number(found.probability)
	found.probability >= config.deny_probability
}

deny contains because("finding", finding.title, finding.rule) if {
	some finding in findings
	finding.rule in config.deny_rules
	finding.severity in config.deny_levels
}

deny contains because("signature_missing", "No signature by somebody who is trusted", "") if {
	config.require_signature
	count(plain) == 0
}

deny contains because("attestation_missing", sprintf("No trusted attestation of the type %s", [wanted]), wanted) if {
	some wanted in config.require_attestations
	not wanted in attested
}

deny contains because("distribution_not_allowed", sprintf("The distribution %s is not on the list", [distribution]), distribution) if {
	count(config.allowed_distributions) > 0
	distribution := input.distribution
	not distribution in config.allowed_distributions
}

counts_although(_) if not config.deny_only_fixable

counts_although(found) if {
	config.deny_only_fixable
	is_string(found.fixed)
}

# --- Doubt ------------------------------------------------------------------------------------------------------------

doubt contains because("not_examined", sprintf("%s: %s", [entry.what, entry.why]), entry.what) if {
	some entry in skipped
}

doubt contains because("no_advisories", "No advisories were looked up", "") if count(sources) == 0

doubt contains because("unknown_severity", sprintf("%s has no severity that this policy knows", [found.advisory]), found.advisory) if {
	some found in vulnerabilities
	not found.severity in {"critical", "high", "medium", "low", "info"}
}

because(code, message, about) := {"code": code, "message": message, "about": about}
