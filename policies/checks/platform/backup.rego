# METADATA
# title: Backup
# description: Buckets keep versions, databases keep backups.
# scope: package
# custom:
#   id: platform.backup
#   severity: medium
#   applies_to: [terraform, kubernetes, inventory]
#   automation: full
#   remediation:
#     en: Turn versioning or backups on.
#     zh: 启用版本控制或备份。
#   references: ["GB/T 22239-2019 8.1.4.9", "45 CFR 164.308(a)(7)(ii)(A)"]
package yumen.checks.platform.backup

import data.yumen.checks.platform.resources

deny := resources.failing("backup")

warn := set()

missing := resources.unknown("backup")

examined := resources.examined("backup")
