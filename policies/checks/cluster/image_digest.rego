# METADATA
# title: Images pinned by digest
# description: Every image of a container, an image volume or a service is named by its digest.
# scope: package
# custom:
#   id: cluster.image_digest
#   severity: medium
#   applies_to: [kubernetes, compose]
#   automation: full
#   remediation:
#     en: Name images with @sha256:….
#     zh: 使用 @sha256:… 引用镜像。
#   references: ["CIS Kubernetes 1.12 5.5.1", "NIST SP 800-190 4.1.5", "SLSA"]
package yumen.checks.cluster.image_digest

import data.yumen.checks.cluster.findings
import data.yumen.checks.platform.resources
import data.yumen.checks.workloads.pods

# {entry, at, image}
image contains {"entry": item.pod.entry, "at": array.concat(item.at, ["image"]), "image": object.get(item.of, "image", "")} if {
	some item in pods.container
}

image contains {"entry": pod.entry, "at": array.concat(pod.at, ["volumes", i, "image", "reference"]), "image": object.get(volume.image, "reference", "")} if {
	some pod in pods.all
	some i, volume in resources.words(object.get(pod.spec, "volumes", []))
	is_object(volume.image)
}

image contains {"entry": entry, "at": ["image"], "image": entry.values.image} if {
	some entry in findings.service
	not built(entry)
	entry.values.image
}

# A service without an image that is built from nothing here: what it extends may name one.
missing contains findings.place(entry, ["image"]) if {
	some entry in findings.service
	object.get(entry.values, "image", null) == null
	object.get(entry.values, "build", null) == null
}

# An image that is built here has no digest before.
built(entry) if {
	object.get(entry.values, "build", null) != null
	not object.get(entry.values, "pull_policy", "build") in {"always", "daily", "weekly"}
}

state(name) := "unknown" if {
	not is_string(name)
} else := "unknown" if {
	name == ""
} else := "pass" if {
	regex.match(`@sha(256:[0-9a-f]{64}|512:[0-9a-f]{128})$`, name)
} else := "unknown" if {
	findings.open_text(name)
} else := "latest" if {
	regex.match(`(^|/)[^/:@]+(:latest)?$`, name)
} else := "tag"

deny contains findings.finding(sprintf("image_digest.%s", [kind]), one.entry, one.at) if {
	some one in image
	kind := state(one.image)
	kind in {"tag", "latest"}
}

missing contains findings.place(one.entry, one.at) if {
	some one in image
	state(one.image) == "unknown"
}

missing contains path if some path in pods.without

examined contains findings.place(one.entry, one.at) if {
	some one in image
	state(one.image) != "unknown"
}
