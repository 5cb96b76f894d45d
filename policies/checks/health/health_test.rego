package yumen.checks.health_test

import data.yumen.checks.cost.idle_gpu
import data.yumen.checks.cost.quota
import data.yumen.checks.health
import data.yumen.checks.health.checkpoint
import data.yumen.checks.health.exhaustion
import data.yumen.checks.health.failover
import data.yumen.checks.health.mining

reviewed(resources) := result if {
	result := health.decision with input as {"resources": resources}
}

status(resource, check) := reviewed([resource]).checks[check].status

gpu(percent, samples, job) := {"id": "gpu-0", "kind": "gpu", "step_minutes": 10, "job": job, "samples": [{"gpu": percent, "memory": 40} | some _ in numbers.range(1, samples)]}

table := [
	{"resource": gpu(0, 12, "j"), "check": "cost.idle_gpu", "status": "fail"},
	{"resource": gpu(5, 12, "j"), "check": "cost.idle_gpu", "status": "fail"},
	{"resource": gpu(6, 12, "j"), "check": "cost.idle_gpu", "status": "pass"},
	{"resource": gpu(0, 11, "j"), "check": "cost.idle_gpu", "status": "unknown"},
	{"resource": gpu(60, 3, "j"), "check": "cost.idle_gpu", "status": "pass"},
	{"resource": gpu(101, 12, "j"), "check": "cost.idle_gpu", "status": "unknown"},
	{"resource": {"id": "g", "kind": "gpu", "samples": []}, "check": "cost.idle_gpu", "status": "unknown"},
	{"resource": {"id": "g", "kind": "gpu", "step_minutes": 10, "samples": "many"}, "check": "cost.idle_gpu", "status": "unknown"},
	{"resource": {"id": "n", "kind": "node"}, "check": "cost.idle_gpu", "status": "not_applicable"},
	{"resource": {"id": "t", "kind": "tenant", "quota": null}, "check": "cost.quota", "status": "fail"},
	{"resource": {"id": "t", "kind": "tenant", "quota": 8, "used": 9}, "check": "cost.quota", "status": "fail"},
	{"resource": {"id": "t", "kind": "tenant", "quota": 8, "used": 8}, "check": "cost.quota", "status": "pass"},
	{"resource": {"id": "t", "kind": "tenant", "quota": 8}, "check": "cost.quota", "status": "unknown"},
	{"resource": {"id": "t", "kind": "tenant"}, "check": "cost.quota", "status": "unknown"},
	{"resource": {"id": "t", "kind": "tenant", "quota": "8", "used": 9}, "check": "cost.quota", "status": "unknown"},
	{"resource": {"id": "t", "kind": "tenant", "quota": 8, "used": -1}, "check": "cost.quota", "status": "unknown"},
	{"resource": {"id": "n", "kind": "node", "samples": [{"memory": 96}, {"memory": 97}, {"memory": 95}]}, "check": "health.exhaustion", "status": "fail"},
	{"resource": {"id": "n", "kind": "node", "samples": [{"memory": 96}, {"memory": 97}, {"memory": 94}]}, "check": "health.exhaustion", "status": "pass"},
	{"resource": {"id": "n", "kind": "node", "samples": []}, "check": "health.exhaustion", "status": "unknown"},
	{"resource": {"id": "n", "kind": "node", "samples": [{"memory": 96}, {"memory": 97}]}, "check": "health.exhaustion", "status": "unknown"},
	{"resource": {"id": "n", "kind": "node", "samples": [{"memory": 9}, {"memory": "97"}]}, "check": "health.exhaustion", "status": "unknown"},
	{"resource": gpu(99, 6, null), "check": "health.mining", "status": "fail"},
	{"resource": gpu(99, 6, "train-1"), "check": "health.mining", "status": "pass"},
	{"resource": gpu(99, 5, null), "check": "health.mining", "status": "unknown"},
	{"resource": gpu(89, 5, null), "check": "health.mining", "status": "pass"},
	{"resource": {"id": "n", "kind": "node", "remote_ports": [443]}, "check": "health.mining", "status": "pass"},
	{"resource": {"id": "n", "kind": "node", "remote_ports": "3333"}, "check": "health.mining", "status": "unknown"},
	{"resource": json.remove(gpu(99, 6, null), ["job"]), "check": "health.mining", "status": "unknown"},
	{"resource": {"id": "n", "kind": "node", "remote_ports": [443, 3333], "samples": [{"cpu": 10}]}, "check": "health.mining", "status": "fail"},
	{"resource": {"id": "g", "kind": "gpu", "job": "j", "samples": []}, "check": "health.mining", "status": "unknown"},
	{"resource": {"id": "j", "kind": "training", "checkpoint_age_minutes": 121}, "check": "health.checkpoint", "status": "fail"},
	{"resource": {"id": "j", "kind": "training", "checkpoint_age_minutes": 120}, "check": "health.checkpoint", "status": "pass"},
	{"resource": {"id": "j", "kind": "training", "checkpoint_age_minutes": null}, "check": "health.checkpoint", "status": "fail"},
	{"resource": {"id": "j", "kind": "training"}, "check": "health.checkpoint", "status": "unknown"},
	{"resource": {"id": "j", "kind": "training", "checkpoint_age_minutes": -1}, "check": "health.checkpoint", "status": "unknown"},
	{"resource": {"id": "e", "kind": "inference", "ready_replicas": 2, "standby": true}, "check": "health.failover", "status": "pass"},
	{"resource": {"id": "e", "kind": "inference", "ready_replicas": 1, "standby": true}, "check": "health.failover", "status": "fail"},
	{"resource": {"id": "e", "kind": "inference", "ready_replicas": 2, "standby": false}, "check": "health.failover", "status": "fail"},
	{"resource": {"id": "e", "kind": "inference"}, "check": "health.failover", "status": "unknown"},
]

test_the_table_of_metrics if {
	every row in table {
		status(row.resource, row.check) == row.status
	}
}

test_samples_without_a_step_or_with_one_that_is_none_are_unknown if {
	every step in [null, 0, -10, "10"] {
		status(object.union(gpu(0, 12, "j"), {"step_minutes": step}), "cost.idle_gpu") == "unknown"
	}
}

test_the_worst_wins if {
	endpoint := {"id": "e", "kind": "inference", "ready_replicas": 2, "standby": true}
	reviewed([endpoint]).verdict == "pass"
	reviewed([endpoint, {"id": "t", "kind": "tenant"}]).verdict == "unknown"
	reviewed([endpoint, {"id": "t", "kind": "tenant"}, {"id": "u", "kind": "tenant", "quota": null}]).verdict == "fail"
}

test_a_finding_has_a_remedy_in_both_languages if {
	some finding in reviewed([gpu(0, 12, "j")]).findings
	finding.remedy.en != ""
	finding.remedy.zh != ""
	finding.severity == "medium"
	count(health.warn) == 0
}

test_nothing_given_is_unknown if {
	every nothing in [{}, {"resources": "all"}, [], null] {
		decision := health.decision with input as nothing
		decision.verdict == "unknown"
		decision.missing == ["resources"]
	}
	reviewed([]).verdict == "unknown"
	reviewed(["x", {"id": 7}]).verdict == "unknown"
}

test_the_checks_have_no_advice if {
	cautions := [idle_gpu.warn, quota.warn, checkpoint.warn, exhaustion.warn, failover.warn, mining.warn] with input as {"resources": []}
	every caution in cautions {
		count(caution) == 0
	}
}

# --- Each check in each of its statuses: what tests/policies/test_statuses.py puts to it ------------------------------

statuses := object.union(
	{check: object.union(
		{row.status: {"resources": [row.resource]} | some row in first(check)},
		{"not_applicable": {"resources": [{"id": "x", "kind": "bucket"}]}},
	) |
		some check, _ in health.checks
	},
	{"health": {
		"pass": {"resources": [gpu(50, 12, "j")]},
		"fail": {"resources": [gpu(0, 12, "j")]},
		"unknown": {"resources": [gpu(50, 12, "j"), {"id": "x"}]},
	}},
)

# Of each status the first row of the table.
first(check) := [row |
	some i, row in table
	row.check == check
	count([1 | some j, other in table; j < i; other.check == check; other.status == row.status]) == 0
]
