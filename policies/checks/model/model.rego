# METADATA
# title: Admission of a model
# description: |
#   allow only if all evidence that is required is there and passed; deny if any evidence failed or the team's own rules are
#   broken; otherwise indeterminate, which is no permission. What is required and who may sign is data: data.config.model.
# scope: package
# custom:
#   id: model.admission
#   severity: critical
#   applies_to: [model]
#   automation: full
#   statuses: [pass, fail, unknown]
#   remediation:
#     en: Follow the remedy of each finding; have the model signed by somebody who is trusted.
#     zh: 按每条发现的建议整改，并由受信任的签署方对模型签名。
#   references: ["OpenSSF Model Signing 1.0", "SLSA Verification Summary Attestation 1.0"]
package yumen.checks.model

config := data.config.model

# METADATA
# title: Evidence to gather
# description: The names of the checks whose outcome the decision rests on, and of those that are looked at if they can be run.
# entrypoint: true
gather := {"required": config.required, "also": config.also}

# METADATA
# title: May a digest be reused
# description: |
#   Whether a file that looks as it did (size, times, inode) need not be read again. Whoever controls the disk below the
#   file system could change it all the same, so this is off unless the team turns it on.
# entrypoint: true
default reuse := false

reuse if config.reuse_digests == true

deny contains reason(sprintf("%s.fail", [name]), sprintf("%s failed: %s", [name, evidence.summary])) if {
	some name, evidence in input.evidence
	evidence.verdict == "fail"
}

deny contains reason("signer", sprintf("%s is not among the signers that may sign models", [signer.name])) if {
	signer := input.evidence.signature.signer
	count(config.signers) > 0
	not signer.name in config.signers
}

deny contains reason("licence", sprintf("the licence %s is refused", [licence])) if {
	licence := input.evidence.bom.licence
	lower(licence) in {lower(refused) | some refused in config.licences.refused}
}

deny contains reason("licence", sprintf("the licence %q is not among those allowed", [licence])) if {
	count(config.licences.allowed) > 0
	licence := object.get(input.evidence, ["bom", "licence"], "")
	not lower(licence) in {lower(allowed) | some allowed in config.licences.allowed}
}

doubts contains reason("missing", sprintf("%s is required, and there is none", [name])) if {
	some name in config.required
	not input.evidence[name]
}

doubts contains reason(sprintf("%s.unknown", [name]), sprintf("%s is not certain: %s", [name, evidence.summary])) if {
	some name, evidence in input.evidence
	not evidence.verdict in {"pass", "fail"}
}

doubts contains reason("completeness", sprintf("the bill of materials is %d%% complete, %d%% is required", [found, config.completeness])) if {
	config.completeness > 0
	found := object.get(input.evidence, ["bom", "completeness"], 0)
	found < config.completeness
}

# METADATA
# title: allow, deny or indeterminate
# description: The decision on input.evidence, gathered about one model.
# entrypoint: true
default decision := {"decision": "indeterminate", "reasons": []}

decision := {"decision": "deny", "reasons": sorted(deny)} if {
	count(deny) > 0
} else := {"decision": "indeterminate", "reasons": sorted(doubts)} if {
	count(doubts) > 0
} else := {"decision": "allow", "reasons": []} if {
	count(config.required) > 0
	every name in config.required {
		input.evidence[name].verdict == "pass"
	}
}

reason(rule, message) := {"rule": sprintf("model.admission.%s", [rule]), "message": message}

sorted(reasons) := sort([found | some found in reasons])
