# METADATA
# title: Encryption in transit
# description: Listeners, caches and databases accept TLS only.
# scope: package
# custom:
#   id: platform.encryption_in_transit
#   severity: high
#   applies_to: [terraform, kubernetes, inventory]
#   automation: full
#   remediation:
#     en: Allow TLS only.
#     zh: 仅允许 TLS。
#   references: ["GB/T 22239-2019 8.1.2.2", "45 CFR 164.312(e)(2)(ii)", "GDPR Art. 32(1)(a)"]
package yumen.checks.platform.encryption_in_transit

import data.yumen.checks.platform.resources

deny := resources.failing("encryption_in_transit")

warn := set()

missing := resources.unknown("encryption_in_transit")

examined := resources.examined("encryption_in_transit")
