# METADATA
# title: Encryption at rest
# description: Buckets, disks, databases and caches are encrypted.
# scope: package
# custom:
#   id: platform.encryption_at_rest
#   severity: high
#   applies_to: [terraform, kubernetes, inventory]
#   automation: full
#   remediation:
#     en: Encrypt with a key in the KMS.
#     zh: 使用 KMS 密钥加密。
#   references: ["GB/T 22239-2019 8.1.4.8", "45 CFR 164.312(a)(2)(iv)", "GDPR Art. 32(1)(a)"]
package yumen.checks.platform.encryption_at_rest

import data.yumen.checks.platform.resources

deny := resources.failing("encryption_at_rest")

warn := set()

missing := resources.unknown("encryption_at_rest")

examined := resources.examined("encryption_at_rest")
