# METADATA
# title: Logging
# description: Buckets, databases, clusters and trails write logs, kept for at least 180 days.
# scope: package
# custom:
#   id: platform.logging
#   severity: medium
#   applies_to: [terraform, kubernetes, inventory]
#   automation: full
#   remediation:
#     en: Turn logging on and keep it.
#     zh: 启用日志并留存。
#   references: ["网络安全法 第23条第3项", "GB/T 22239-2019 8.1.4.3", "45 CFR 164.312(b)"]
package yumen.checks.platform.logging

import data.yumen.checks.platform.resources

deny := resources.failing("logging")

warn := set()

missing := resources.unknown("logging")

examined := resources.examined("logging")
