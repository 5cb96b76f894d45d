# METADATA
# title: Key rotation
# description: Keys that the team manages are rotated automatically.
# scope: package
# custom:
#   id: platform.key_rotation
#   severity: medium
#   applies_to: [terraform, kubernetes, inventory]
#   automation: full
#   remediation:
#     en: Turn automatic rotation on.
#     zh: 开启自动轮换。
#   references: ["NIST SP 800-57", "CIS AWS Foundations 3.6"]
package yumen.checks.platform.key_rotation

import data.yumen.checks.platform.resources

deny := resources.failing("key_rotation")

warn := set()

missing := resources.unknown("key_rotation")

examined := resources.examined("key_rotation")
