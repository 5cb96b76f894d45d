# METADATA
# title: Signs of mining
# description: A GPU busy for the whole window without a job, or a connection to a port that mining pools use.
# scope: package
# custom:
#   id: health.mining
#   severity: critical
#   applies_to: [metrics]
#   automation: full
#   remediation:
#     en: Isolate the machine, then find out what runs on it.
#     zh: 隔离该主机并排查其运行的程序。
package yumen.checks.health.mining

import data.yumen.checks.health.metrics

deny contains metrics.finding("health.mining", "critical", entry, sprintf("was busy for %v minutes without a job", [metrics.config.busy_minutes]), "Isolate the machine, then find out what runs on it", "隔离该主机并排查其运行的程序", ["security.compute.6"]) if {
	some entry in metrics.of_kind("gpu")
	entry.job == null
	values := metrics.window(entry, "gpu", metrics.config.busy_minutes)
	min(values) >= metrics.config.busy_percent
}

deny contains metrics.finding("health.mining", "critical", entry, sprintf("talks to port %v, which mining pools use", [port]), "Isolate the machine, then find out what runs on it", "隔离该主机并排查其运行的程序", ["security.compute.6"]) if {
	some entry in metrics.resources
	some port in metrics.listed(entry.remote_ports)
	port in metrics.config.mining_ports
}

warn := set()

missing contains path if some path in metrics.lacking

missing contains sprintf("%s: job", [entry.id]) if {
	some entry in metrics.of_kind("gpu")
	object.get(entry, "job", "absent") == "absent"
}

missing contains sprintf("%s: samples of gpu", [entry.id]) if {
	some entry in metrics.of_kind("gpu")
	not metrics.readable(entry, "gpu")
}

# Busy without a job for as long as anybody looked, which was not long enough.
missing contains sprintf("%s: %v minutes of samples", [entry.id, metrics.config.busy_minutes]) if {
	some entry in metrics.of_kind("gpu")
	entry.job == null
	metrics.readable(entry, "gpu")
	not metrics.window(entry, "gpu", metrics.config.busy_minutes)
	min(metrics.series(entry, "gpu")) >= metrics.config.busy_percent
}

missing contains sprintf("%s: remote_ports", [entry.id]) if {
	some entry in metrics.resources
	ports := object.get(entry, "remote_ports", [])
	not numbers(ports)
}

numbers(ports) if {
	is_array(ports)
	every port in ports {
		is_number(port)
	}
}

examined contains entry.id if {
	some entry in metrics.of_kind("gpu")
	metrics.readable(entry, "gpu")
}

examined contains entry.id if {
	some entry in metrics.resources
	is_array(entry.remote_ports)
}
