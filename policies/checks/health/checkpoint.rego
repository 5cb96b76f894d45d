# METADATA
# title: Checkpoints
# description: A training job has written a checkpoint within the interval.
# scope: package
# custom:
#   id: health.checkpoint
#   severity: high
#   applies_to: [metrics]
#   automation: full
#   remediation:
#     en: Write checkpoints, and test restoring them.
#     zh: 写入检查点并验证恢复。
package yumen.checks.health.checkpoint

import data.yumen.checks.health.metrics

deny contains metrics.finding("health.checkpoint", "high", entry, sprintf("wrote its last checkpoint %v minutes ago", [entry.checkpoint_age_minutes]), "Write checkpoints, and test restoring them", "写入检查点并验证恢复", ["reliability.training.1"]) if {
	some entry in metrics.of_kind("training")
	is_number(entry.checkpoint_age_minutes)
	entry.checkpoint_age_minutes > metrics.config.checkpoint_minutes
}

deny contains metrics.finding("health.checkpoint", "high", entry, "never wrote a checkpoint", "Write checkpoints, and test restoring them", "写入检查点并验证恢复", ["reliability.training.1"]) if {
	some entry in metrics.of_kind("training")
	entry.checkpoint_age_minutes == null
}

warn := set()

missing contains path if some path in metrics.lacking

missing contains sprintf("%s: checkpoint_age_minutes", [entry.id]) if {
	some entry in metrics.of_kind("training")
	age := object.get(entry, "checkpoint_age_minutes", "absent")
	age != null
	not minutes(age)
}

minutes(age) if {
	is_number(age)
	age >= 0
}

examined contains entry.id if {
	some entry in metrics.of_kind("training")
	not object.get(entry, "checkpoint_age_minutes", "absent") == "absent"
}
