package yumen.checks.wellarchitected_test

import data.yumen.checks.wellarchitected
import data.yumen.checks.wellarchitected.cost
import data.yumen.checks.wellarchitected.operations
import data.yumen.checks.wellarchitected.performance
import data.yumen.checks.wellarchitected.reliability
import data.yumen.checks.wellarchitected.security

# A workload that meets every principle; each test breaks it in one place. The same as examples/workload.yaml.
good := {
	"name": "customer-assistant",
	"owner": "ai-platform@example.com",
	"tier": "critical",
	"activities": [
		"fine_tuning",
		"inference",
		"rag",
		"agents",
	],
	"sensitive": true,
	"affects_people": true,
	"data": {
		"sources": [
			{
				"name": "support-tickets",
				"licence": "internal",
				"lawful_basis": "contract",
				"tls": true,
				"authenticated": true,
				"personal_data": true,
				"masked_before_entry": true,
			},
			{
				"name": "product-manuals",
				"licence": "CC-BY-4.0",
				"lawful_basis": "not personal",
				"tls": true,
				"authenticated": true,
				"personal_data": false,
			},
		],
		"stores": [
			{
				"name": "training-bucket",
				"encrypted": true,
				"key_custody": "kms",
				"key_rotation_days": 90,
				"least_privilege": true,
				"private_network": true,
				"tenant_isolated": true,
				"tier": "hot",
				"lifecycle_rule": true,
			},
		],
		"training": {
			"quality_checks": true,
			"poisoning_defence": true,
			"drift_monitoring": true,
			"collaborative": false,
		},
		"retention": {
			"days": 730,
			"tiered": true,
			"destruction": "crypto_erasure",
			"certificates": true,
			"log_days": 365,
		},
	},
	"compute": {
		"clusters": [
			{
				"name": "gpu-a",
				"accelerator": "gpu",
				"tenant_isolation": true,
				"sensitive": true,
				"dedicated": true,
				"shared": true,
				"purchase": [
					"reserved",
					"on_demand",
				],
				"autoscaling": true,
				"scaling_signal": "queue depth",
				"alternatives": [
					"npu-b",
				],
				"utilisation_percent": 61,
				"idle_release_minutes": 30,
			},
			{
				"name": "npu-b",
				"accelerator": "npu",
				"tenant_isolation": true,
				"sensitive": false,
				"shared": true,
				"purchase": [
					"spot",
				],
				"autoscaling": true,
				"scaling_signal": "queue depth",
				"alternatives": [
					"gpu-a",
				],
				"utilisation_percent": 55,
				"idle_release_minutes": 15,
			},
		],
		"images": [
			{
				"reference": "registry.example.com/assistant@sha256:2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae",
				"signed": true,
				"scanned": "2026-11-20",
				"sandboxed": true,
			},
		],
		"vulnerabilities": {
			"scan_interval_days": 1,
			"critical_patch_days": 7,
			"resource_health": true,
		},
		"credentials": {
			"store": "kms",
			"lifetime_hours": 1,
			"plain_text_findings": 0,
			"least_privilege": true,
		},
		"confidential": {
			"technology": "tee",
		},
		"monitoring": {
			"runtime": true,
			"anomaly_rules": [
				"mining",
				"exhaustion",
				"dos",
			],
		},
		"scheduling": {
			"redundancy": true,
			"automatic_switch_over": true,
			"quotas": true,
			"guarantees": true,
			"low_priority_caps": true,
			"priorities": true,
			"sla_aware": true,
		},
		"health": {
			"thresholds": [
				"utilisation",
				"memory",
				"bandwidth",
			],
			"alerts": true,
			"expansion": true,
		},
	},
	"models": [
		{
			"name": "assistant-7b",
			"version": "3.2.0",
			"source": "hub.example.com/base-7b",
			"base": "fine_tuned",
			"base_model": "base-7b",
			"parameters_billions": 7,
			"digest": "sha256:486ea46224d1bb4fb680f34f7c9ad96a8f24ec88be73ea8e5a6c65260e9cb8a7",
			"allow_listed": true,
			"dependencies_allow_listed": true,
			"verified": true,
			"weights_encrypted": true,
			"integrity_checked": true,
			"access_logged": true,
			"lineage": [
				"training_data",
				"hyper_parameters",
				"dependencies",
				"service_versions",
			],
			"fairness": {
				"measured": "2026-09-01",
				"mitigated": true,
			},
			"explanation": "retrieved passages and token attributions",
			"registered": true,
			"versions_traced": true,
			"lightened": [
				"quantised",
			],
		},
	],
	"inference": {
		"guard": {
			"input_validation": true,
			"content_filter": true,
			"output_audit": true,
			"trusted_sources_only": true,
			"injection_filter": true,
			"adversarial_defence": true,
			"rate_limits": true,
			"privilege_checks": true,
			"harmful_output_blocked": true,
		},
		"replicas": 4,
		"zones": 3,
		"regions": 2,
		"gateway_failover": true,
		"load_test": {
			"date": "2026-10-01",
			"report": "https://wiki.example.com/load-test-2026-10",
		},
		"recovery": {
			"retry": true,
			"fallback": true,
			"degradation": true,
		},
		"measured": {
			"ttft_ms": 240,
			"tokens_per_second": 1800,
			"latency_ms": 1900,
			"requests_per_second": 45,
		},
		"slo": {
			"ttft_ms": 500,
			"latency_ms": 3000,
			"drives_resources": true,
		},
		"release": {
			"staged": true,
			"rollback": true,
			"observable": true,
		},
		"hardware": "gpu",
		"as_service": true,
		"tenants": true,
		"autoscaling": true,
		"architecture": [
			"kv_cache",
			"continuous_batching",
		],
	},
	"training": {
		"checkpoints": {
			"interval_minutes": 30,
			"restore_tested": "2026-09-15",
			"tiers": [
				"hot",
				"archive",
			],
		},
		"node_fault_isolation": true,
		"rescheduling": true,
		"scalability": {
			"date": "2026-06-01",
			"measured": [
				"gradient_sync",
				"latency",
				"loader",
			],
		},
		"fault_drill": {
			"date": "2026-08-01",
			"evidence": "https://wiki.example.com/drill-2026-08",
		},
		"communication": [
			"compression",
		],
		"elastic": true,
		"strategy": "sharded",
		"profiling": {
			"date": "2026-09-20",
			"report": "https://wiki.example.com/profile-2026-09",
		},
	},
	"rai": {
		"labels": true,
		"watermark": true,
		"audit": true,
		"plugins": {
			"admission": true,
			"least_privilege": true,
			"sandboxed": true,
			"behaviour_audited": true,
		},
		"content_tiers": 3,
		"human_review": true,
		"feedback": true,
	},
	"observability": {
		"metrics": [
			"business",
			"application",
			"model",
			"infrastructure",
		],
		"tracing": [
			"front_end",
			"gateway",
			"agent",
			"vector_store",
			"model",
		],
		"logs": {
			"one_schema": true,
			"requests": true,
			"results": true,
		},
		"inference_log": {
			"stored": true,
			"analysed": true,
			"retention_days": 365,
		},
	},
	"disaster": {
		"layers": [
			"infrastructure",
			"data",
			"model",
		],
		"version_store": true,
		"warm_instances": true,
		"drills": {
			"scheduled": true,
			"last": "2026-08-15",
			"evidence": "https://wiki.example.com/dr-2026-08",
		},
		"active_regions": 2,
		"fallback_model": "base-7b",
		"automatic_fallback": true,
	},
	"operations": {
		"lifecycle": {
			"stages": [
				"data",
				"model",
				"deployment",
				"iteration",
			],
			"audited_stages": [
				"data",
				"model",
				"deployment",
				"iteration",
			],
			"pipelines": true,
			"manual_steps": 0,
			"monitoring_triggers": true,
			"trigger_action": "retrain",
		},
		"devops": {
			"one_flow": true,
			"pipeline": "https://ci.example.com/assistant",
			"versioned": [
				"code",
				"data",
				"model",
			],
			"canary": true,
			"rollback": true,
			"lead_time_hours": 20,
		},
		"interfaces": {
			"one_layer": true,
			"authentication": true,
			"access_control": true,
			"audit": true,
			"protocols": [
				"mcp",
			],
			"plugin_admission": true,
			"plugin_admission_days": 5,
			"traces": true,
			"logs": true,
		},
		"compliance": {
			"mapped_stages": [
				"collection",
				"storage",
				"training",
				"inference",
				"archive",
			],
			"resource_rules": true,
			"behaviour_rules": true,
			"detection_minutes": 5,
			"remediation_minutes": 240,
			"calls_logged": true,
			"operations_logged": true,
			"tamper_evident": true,
		},
	},
	"cost": {
		"api_optimisations": [
			"batching",
			"context_cache",
		],
		"stable_for_key_work": true,
		"cheap_for_the_rest": true,
		"billing": [
			"reserved",
			"on_demand",
			"spot",
		],
		"key_work_protected": true,
		"visibility": [
			"compute",
			"storage",
			"network",
		],
		"visible_by_team": true,
		"monitoring_drives_action": true,
		"last_review": "2026-10-15",
		"idle_detection": true,
		"overuse_detection": true,
		"model_platform": true,
		"platform": {
			"hybrid": true,
			"frameworks": [
				"pytorch",
				"vllm",
			],
			"one": true,
		},
		"metering": [
			"namespace",
			"label",
			"model",
			"task",
		],
		"unit_cost_per_1000_tokens": 0.002,
		"automation": [
			"monitor",
			"analyse",
			"decide",
			"act",
		],
		"drill_down": true,
		"showback": true,
	},
	"performance": {
		"data": {
			"training_storage": "parallel_file_system",
			"throughput_gb_per_second": 40,
			"hot_media": "nvme",
			"locality": true,
			"replica_checks": true,
			"version_checks": true,
		},
		"scheduling": {
			"one_orchestrator": true,
			"heterogeneous_pool": true,
			"by_priority": true,
			"by_sla": true,
			"profiled": "2026-09-01",
			"utilisation_percent": 63,
		},
	},
	"attestations": {
		"security.compute.5": {
			"answer": "yes",
			"evidence": [
				"https://wiki.example.com/tee-attestation",
			],
			"by": "security@example.com",
			"date": "2026-07-01",
		},
		"security.rai.2": {
			"answer": "yes",
			"evidence": [
				"filing no. 2026-0117",
			],
			"by": "legal@example.com",
			"date": "2026-05-10",
		},
		"security.rai.6": {
			"answer": "yes",
			"evidence": [
				"https://wiki.example.com/content-tiers",
			],
			"by": "safety@example.com",
			"date": "2026-06-30",
		},
		"operations.devops.2": {
			"answer": "yes",
			"evidence": [
				"https://wiki.example.com/raci",
			],
			"by": "platform@example.com",
			"date": "2026-03-01",
		},
		"operations.audit.1": {
			"answer": "yes",
			"evidence": [
				"https://wiki.example.com/control-map",
			],
			"by": "compliance@example.com",
			"date": "2026-04-01",
		},
		"cost.platform.5": {
			"answer": "yes",
			"evidence": [
				"https://wiki.example.com/tool-inventory",
			],
			"by": "finops@example.com",
			"date": "2026-02-01",
		},
	},
}

review(workload) := result if {
	result := wellarchitected.decision with input as {"workload": workload, "date": "2026-11-24"}
}

status_of(decision, id) := entry.status if {
	some entry in decision.principles
	entry.id == id
}

changed(path, value) := json.patch(good, [{"op": "replace", "path": path, "value": value}])

without(path) := json.remove(good, [trim_prefix(path, "/")])

test_a_good_workload_passes_every_principle if {
	decision := review(good)
	decision.verdict == "pass"
	count(decision.principles) == 102
	{entry.status | some entry in decision.principles} == {"pass"}
	{entry.score | some entry in decision.scores} == {100}
	decision.missing == []
	decision.questions == []
}

# principle, what breaks it, and what leaves it unknown when it is gone
principles := [
	{"id": "security.data.1", "path": "/data/sources/0/masked_before_entry", "bad": false, "gone": "/data/sources/0/licence"},
	{"id": "security.data.2", "path": "/data/stores/0/key_custody", "bad": "provider", "gone": "/data/stores/0/encrypted"},
	{"id": "security.data.3", "path": "/data/training/poisoning_defence", "bad": false, "gone": "/data/training/collaborative"},
	{"id": "security.data.4", "path": "/inference/guard/trusted_sources_only", "bad": false, "gone": "/inference/guard/trusted_sources_only"},
	{"id": "security.data.5", "path": "/data/retention/log_days", "bad": 30, "gone": "/data/retention"},
	{"id": "security.compute.1", "path": "/compute/clusters/0/dedicated", "bad": false, "gone": "/compute/clusters/0/sensitive"},
	{"id": "security.compute.2", "path": "/compute/images/0/reference", "bad": "registry.example.com/a:latest", "gone": "/compute/images"},
	{"id": "security.compute.3", "path": "/compute/vulnerabilities/critical_patch_days", "bad": 30, "gone": "/compute/vulnerabilities/critical_patch_days"},
	{"id": "security.compute.4", "path": "/compute/credentials/plain_text_findings", "bad": 1, "gone": "/compute/credentials/plain_text_findings"},
	{"id": "security.compute.5", "path": "/compute/confidential/technology", "bad": "none", "gone": "/attestations/security.compute.5"},
	{"id": "security.compute.6", "path": "/compute/monitoring/anomaly_rules", "bad": ["mining"], "gone": "/compute/monitoring/anomaly_rules"},
	{"id": "security.model.1", "path": "/models/0/allow_listed", "bad": false, "gone": "/models"},
	{"id": "security.model.2", "path": "/models/0/weights_encrypted", "bad": false, "gone": "/models/0/digest"},
	{"id": "security.model.3", "path": "/inference/guard/rate_limits", "bad": false, "gone": "/inference/guard/rate_limits"},
	{"id": "security.model.4", "path": "/models/0/lineage", "bad": ["training_data"], "gone": "/models/0/lineage"},
	{"id": "security.rai.1", "path": "/models/0/fairness/measured", "bad": "2024-01-01", "gone": "/models/0/fairness"},
	{"id": "security.rai.2", "path": "/models/0/registered", "bad": false, "gone": "/attestations/security.rai.2"},
	{"id": "security.rai.3", "path": "/rai/watermark", "bad": false, "gone": "/rai"},
	{"id": "security.rai.4", "path": "/inference/guard/privilege_checks", "bad": false, "gone": "/inference/guard/privilege_checks"},
	{"id": "security.rai.5", "path": "/rai/plugins/sandboxed", "bad": false, "gone": "/rai/plugins/sandboxed"},
	{"id": "security.rai.6", "path": "/rai/content_tiers", "bad": 1, "gone": "/attestations/security.rai.6"},
	{"id": "reliability.scheduling.1", "path": "/compute/scheduling/redundancy", "bad": false, "gone": "/compute/scheduling/redundancy"},
	{"id": "reliability.scheduling.2", "path": "/compute/clusters", "bad": [{"accelerator": "gpu", "purchase": ["reserved"]}], "gone": "/compute/clusters/0/accelerator"},
	{"id": "reliability.scheduling.3", "path": "/compute/clusters/1/autoscaling", "bad": false, "gone": "/compute/clusters/1/autoscaling"},
	{"id": "reliability.scheduling.4", "path": "/compute/scheduling/quotas", "bad": false, "gone": "/compute/scheduling/quotas"},
	{"id": "reliability.scheduling.5", "path": "/compute/health/thresholds", "bad": ["memory"], "gone": "/compute/health/thresholds"},
	{"id": "reliability.inference.1", "path": "/inference/regions", "bad": 1, "gone": "/tier"},
	{"id": "reliability.inference.2", "path": "/inference/load_test/date", "bad": "2026-01-01", "gone": "/inference/load_test/report"},
	{"id": "reliability.inference.3", "path": "/inference/recovery/retry", "bad": false, "gone": "/inference/recovery/retry"},
	{"id": "reliability.inference.4", "path": "/inference/measured/ttft_ms", "bad": 0, "gone": "/inference/measured/ttft_ms"},
	{"id": "reliability.inference.5", "path": "/inference/release/rollback", "bad": false, "gone": "/inference/release/rollback"},
	{"id": "reliability.training.1", "path": "/training/checkpoints/interval_minutes", "bad": 600, "gone": "/training/checkpoints/interval_minutes"},
	{"id": "reliability.training.2", "path": "/training/rescheduling", "bad": false, "gone": "/training/rescheduling"},
	{"id": "reliability.training.3", "path": "/training/checkpoints/tiers", "bad": ["hot"], "gone": "/training/checkpoints/tiers"},
	{"id": "reliability.training.4", "path": "/training/scalability/measured", "bad": [], "gone": "/training/scalability/measured"},
	{"id": "reliability.training.5", "path": "/training/fault_drill/evidence", "bad": "", "gone": "/training/fault_drill/evidence"},
	{"id": "reliability.observability.1", "path": "/observability/metrics", "bad": ["business"], "gone": "/observability/metrics"},
	{"id": "reliability.observability.2", "path": "/observability/tracing", "bad": ["front_end", "gateway", "model"], "gone": "/observability/tracing"},
	{"id": "reliability.observability.3", "path": "/observability/logs/one_schema", "bad": false, "gone": "/observability/logs/one_schema"},
	{"id": "reliability.observability.4", "path": "/observability/inference_log/retention_days", "bad": 7, "gone": "/observability/inference_log/retention_days"},
	{"id": "reliability.disaster.1", "path": "/disaster/layers", "bad": ["data"], "gone": "/disaster/layers"},
	{"id": "reliability.disaster.2", "path": "/disaster/warm_instances", "bad": false, "gone": "/disaster/warm_instances"},
	{"id": "reliability.disaster.3", "path": "/disaster/drills/last", "bad": "2025-01-01", "gone": "/disaster/drills/last"},
	{"id": "reliability.disaster.4", "path": "/disaster/active_regions", "bad": 1, "gone": "/disaster/active_regions"},
	{"id": "reliability.disaster.5", "path": "/disaster/fallback_model", "bad": "", "gone": "/disaster/fallback_model"},
	{"id": "operations.lifecycle.1", "path": "/operations/lifecycle/stages", "bad": ["data"], "gone": "/operations/lifecycle/stages"},
	{"id": "operations.lifecycle.2", "path": "/operations/lifecycle/manual_steps", "bad": 3, "gone": "/operations/lifecycle/manual_steps"},
	{"id": "operations.lifecycle.3", "path": "/operations/lifecycle/monitoring_triggers", "bad": false, "gone": "/operations/lifecycle/monitoring_triggers"},
	{"id": "operations.lifecycle.4", "path": "/operations/lifecycle/audited_stages", "bad": ["model"], "gone": "/operations/lifecycle/audited_stages"},
	{"id": "operations.devops.1", "path": "/operations/devops/one_flow", "bad": false, "gone": "/operations/devops/one_flow"},
	{"id": "operations.devops.2", "path": "/attestations/operations.devops.2/answer", "bad": "no", "gone": "/attestations/operations.devops.2/answer"},
	{"id": "operations.devops.3", "path": "/operations/devops/versioned", "bad": ["code"], "gone": "/operations/devops/versioned"},
	{"id": "operations.devops.4", "path": "/operations/devops/lead_time_hours", "bad": 1000, "gone": "/operations/devops/lead_time_hours"},
	{"id": "operations.governance.1", "path": "/operations/interfaces/one_layer", "bad": false, "gone": "/operations/interfaces/one_layer"},
	{"id": "operations.governance.2", "path": "/operations/interfaces/authentication", "bad": false, "gone": "/operations/interfaces/authentication"},
	{"id": "operations.governance.3", "path": "/operations/interfaces/protocols", "bad": ["soap"], "gone": "/operations/interfaces/protocols"},
	{"id": "operations.governance.4", "path": "/operations/interfaces/plugin_admission_days", "bad": 60, "gone": "/operations/interfaces/plugin_admission_days"},
	{"id": "operations.governance.5", "path": "/operations/interfaces/traces", "bad": false, "gone": "/operations/interfaces/traces"},
	{"id": "operations.audit.1", "path": "/operations/compliance/mapped_stages", "bad": ["storage"], "gone": "/attestations/operations.audit.1"},
	{"id": "operations.audit.2", "path": "/operations/compliance/behaviour_rules", "bad": false, "gone": "/operations/compliance/behaviour_rules"},
	{"id": "operations.audit.3", "path": "/operations/compliance/detection_minutes", "bad": 90, "gone": "/operations/compliance/detection_minutes"},
	{"id": "operations.audit.4", "path": "/operations/compliance/tamper_evident", "bad": false, "gone": "/operations/compliance/tamper_evident"},
	{"id": "cost.gpu.1", "path": "/compute/clusters/0/alternatives", "bad": [], "gone": "/compute/clusters/0/alternatives"},
	{"id": "cost.gpu.2", "path": "/compute/clusters/0/utilisation_percent", "bad": 10, "gone": "/compute/clusters/0/utilisation_percent"},
	{"id": "cost.gpu.3", "path": "/compute/scheduling/sla_aware", "bad": false, "gone": "/compute/scheduling/sla_aware"},
	{"id": "cost.gpu.4", "path": "/cost/api_optimisations", "bad": ["batching"], "gone": "/cost/api_optimisations"},
	{"id": "cost.gpu.5", "path": "/cost/stable_for_key_work", "bad": false, "gone": "/cost/stable_for_key_work"},
	{"id": "cost.tiering.1", "path": "/data/stores/0/tier", "bad": "lukewarm", "gone": "/data/stores/0/tier"},
	{"id": "cost.tiering.2", "path": "/compute/clusters/0/idle_release_minutes", "bad": 600, "gone": "/compute/clusters/0/idle_release_minutes"},
	{"id": "cost.tiering.3", "path": "/cost/billing", "bad": ["on_demand"], "gone": "/cost/billing"},
	{"id": "cost.tiering.4", "path": "/cost/key_work_protected", "bad": false, "gone": "/cost/key_work_protected"},
	{"id": "cost.observability.1", "path": "/cost/visibility", "bad": ["compute"], "gone": "/cost/visibility"},
	{"id": "cost.observability.2", "path": "/cost/visible_by_team", "bad": false, "gone": "/cost/visible_by_team"},
	{"id": "cost.observability.3", "path": "/cost/last_review", "bad": "2026-01-01", "gone": "/cost/last_review"},
	{"id": "cost.observability.4", "path": "/cost/idle_detection", "bad": false, "gone": "/cost/idle_detection"},
	{"id": "cost.reuse.1", "path": "/models/0/base", "bad": "somehow", "gone": "/models/0/base"},
	{"id": "cost.reuse.2", "path": "/models/0/lightened", "bad": [], "gone": "/models/0/lightened"},
	{"id": "cost.reuse.3", "path": "/models/0/base_model", "bad": "", "gone": "/models/0/base_model"},
	{"id": "cost.reuse.4", "path": "/cost/model_platform", "bad": false, "gone": "/cost/model_platform"},
	{"id": "cost.platform.1", "path": "/cost/platform/hybrid", "bad": false, "gone": "/cost/platform/frameworks"},
	{"id": "cost.platform.2", "path": "/cost/metering", "bad": ["label"], "gone": "/cost/metering"},
	{"id": "cost.platform.3", "path": "/cost/automation", "bad": ["monitor"], "gone": "/cost/automation"},
	{"id": "cost.platform.4", "path": "/cost/showback", "bad": false, "gone": "/cost/showback"},
	{"id": "cost.platform.5", "path": "/cost/platform/one", "bad": false, "gone": "/attestations/cost.platform.5"},
	{"id": "performance.data.1", "path": "/performance/data/throughput_gb_per_second", "bad": 0.2, "gone": "/performance/data/throughput_gb_per_second"},
	{"id": "performance.data.2", "path": "/performance/data/hot_media", "bad": "tape", "gone": "/performance/data/hot_media"},
	{"id": "performance.data.3", "path": "/performance/data/locality", "bad": false, "gone": "/performance/data/locality"},
	{"id": "performance.data.4", "path": "/performance/data/replica_checks", "bad": false, "gone": "/performance/data/replica_checks"},
	{"id": "performance.training.1", "path": "/training/communication", "bad": [], "gone": "/training/communication"},
	{"id": "performance.training.2", "path": "/training/elastic", "bad": false, "gone": "/training/elastic"},
	{"id": "performance.training.3", "path": "/training/strategy", "bad": "guess", "gone": "/training/strategy"},
	{"id": "performance.training.4", "path": "/training/profiling/date", "bad": "2025-01-01", "gone": "/training/profiling/date"},
	{"id": "performance.inference.1", "path": "/models/0/lightened", "bad": ["compressed"], "gone": "/models/0/lightened"},
	{"id": "performance.inference.2", "path": "/inference/hardware", "bad": "cpu", "gone": "/inference/hardware"},
	{"id": "performance.inference.3", "path": "/inference/tenants", "bad": false, "gone": "/inference/tenants"},
	{"id": "performance.inference.4", "path": "/inference/architecture", "bad": [], "gone": "/inference/architecture"},
	{"id": "performance.inference.5", "path": "/inference/measured/ttft_ms", "bad": 900, "gone": "/inference/slo/ttft_ms"},
	{"id": "performance.scheduling.1", "path": "/performance/scheduling/heterogeneous_pool", "bad": false, "gone": "/performance/scheduling/heterogeneous_pool"},
	{"id": "performance.scheduling.2", "path": "/performance/scheduling/by_sla", "bad": false, "gone": "/performance/scheduling/by_sla"},
	{"id": "performance.scheduling.3", "path": "/compute/clusters/1/autoscaling", "bad": false, "gone": "/compute/clusters/1/autoscaling"},
	{"id": "performance.scheduling.4", "path": "/performance/scheduling/profiled", "bad": "2025-01-01", "gone": "/performance/scheduling/profiled"},
	{"id": "performance.scheduling.5", "path": "/performance/scheduling/utilisation_percent", "bad": 20, "gone": "/performance/scheduling/utilisation_percent"},
]

test_each_principle_of_the_catalogue_has_a_row if {
	{row.id | some row in principles} == {id | some id, _ in wellarchitected.catalogue}
}

# One principle at a time, without reviewing the other hundred and one.
shown(id, workload) := result if {
	startswith(id, "security.")
	result := {claim.status | some claim in security.claims[id]} with input as {"workload": workload, "date": "2026-11-24"}
}

shown(id, workload) := result if {
	startswith(id, "reliability.")
	result := {claim.status | some claim in reliability.claims[id]} with input as {"workload": workload, "date": "2026-11-24"}
}

shown(id, workload) := result if {
	startswith(id, "operations.")
	result := {claim.status | some claim in operations.claims[id]} with input as {"workload": workload, "date": "2026-11-24"}
}

shown(id, workload) := result if {
	startswith(id, "cost.")
	result := {claim.status | some claim in cost.claims[id]} with input as {"workload": workload, "date": "2026-11-24"}
}

shown(id, workload) := result if {
	startswith(id, "performance.")
	result := {claim.status | some claim in performance.claims[id]} with input as {"workload": workload, "date": "2026-11-24"}
}

test_each_principle_fails_on_what_breaks_it if {
	every row in principles {
		"fail" in shown(row.id, changed(row.path, row.bad))
	}
}

test_each_principle_is_unknown_without_its_evidence if {
	every row in principles {
		found := shown(row.id, without(row.gone))
		"missing" in found
		not "fail" in found
	}
}

test_serving_only_leaves_out_the_training_principles if {
	decision := review(json.remove(changed("/activities", ["inference"]), ["training", "data/training", "rai/plugins"]))
	decision.verdict == "pass"
	{entry.id | some entry in decision.principles; entry.status == "not_applicable"} == {
		"performance.data.1", "performance.training.1", "performance.training.2", "performance.training.3", "performance.training.4",
		"reliability.training.1", "reliability.training.2", "reliability.training.3", "reliability.training.4", "reliability.training.5",
		"security.data.3", "security.rai.5",
	}
}

test_training_only_leaves_out_the_inference_principles if {
	decision := review(json.remove(changed("/activities", ["training"]), ["inference", "rai/plugins"]))
	decision.verdict == "pass"
	status_of(decision, "reliability.inference.1") == "not_applicable"
	status_of(decision, "security.model.3") == "not_applicable"
}

test_declared_circumstances_excuse if {
	every row in [
		{"path": "/sensitive", "value": false, "id": "security.compute.5"},
		{"path": "/affects_people", "value": false, "id": "security.rai.1"},
		{"path": "/tier", "value": "standard", "id": "reliability.disaster.4"},
	] {
		status_of(review(changed(row.path, row.value)), row.id) == "not_applicable"
	}
}

test_a_person_may_attest_that_a_principle_does_not_apply if {
	decision := review(changed("/attestations/operations.devops.2/answer", "not_applicable"))
	some entry in decision.principles
	entry.id == "operations.devops.2"
	entry.status == "not_applicable"
	contains(entry.not_applicable, "platform@example.com")
}

test_a_question_stays_open_without_evidence_or_when_old if {
	every patch in [
		{"path": "/attestations/security.rai.6/evidence", "value": []},
		{"path": "/attestations/security.rai.6/by", "value": ""},
		{"path": "/attestations/security.rai.6/date", "value": "2024-01-01"},
		{"path": "/attestations/security.rai.6/date", "value": "2027-01-01"},
		{"path": "/attestations/security.rai.6/date", "value": "2026-02-30"},
		{"path": "/attestations/security.rai.6/answer", "value": "maybe"},
		{"path": "/attestations/security.rai.6", "value": "yes"},
	] {
		status_of(review(changed(patch.path, patch.value)), "security.rai.6") == "unknown"
	}
	decision := review(without("/attestations/security.rai.6"))
	decision.questions == ["attestations[security.rai.6]"]
}

test_training_from_scratch_needs_a_reason if {
	scratch := changed("/models/0/base", "from_scratch")
	status_of(review(scratch), "cost.reuse.1") == "unknown"
	reason := {"answer": "yes", "evidence": ["no base speaks the language"], "by": "research@example.com", "date": "2026-10-01"}
	told := json.patch(scratch, [{"op": "add", "path": "/attestations/cost.reuse.1", "value": reason}])
	status_of(review(told), "cost.reuse.1") == "pass"
}

test_a_large_model_does_not_train_by_data_parallelism_alone if {
	large := json.patch(good, [
		{"op": "replace", "path": "/training/strategy", "value": "data_parallel"},
		{"op": "replace", "path": "/models/0/parameters_billions", "value": 70},
	])
	status_of(review(large), "performance.training.3") == "fail"
	status_of(review(changed("/training/strategy", "data_parallel")), "performance.training.3") == "pass"
}

test_collaboration_needs_a_privacy_technique if {
	shared := changed("/data/training/collaborative", true)
	status_of(review(shared), "security.data.3") == "unknown"
	named := json.patch(shared, [{"op": "add", "path": "/data/training/privacy_techniques", "value": ["federated"]}])
	status_of(review(named), "security.data.3") == "pass"
}

test_what_manifests_show_outweighs_what_is_declared if {
	seen := {"principles": ["security.data.2"], "path": "aws_s3_bucket.train", "message": "the bucket is public"}
	decision := wellarchitected.decision with input as {"workload": good, "date": "2026-11-24", "observations": [seen]}
	status_of(decision, "security.data.2") == "fail"
	excused := {"principles": ["reliability.disaster.4"], "path": "x", "message": "y"}
	other := wellarchitected.decision with input as {"workload": changed("/tier", "standard"), "date": "2026-11-24", "observations": [excused, "junk", {"principles": "all"}]}
	status_of(other, "reliability.disaster.4") == "fail"
}

test_values_of_the_wrong_type_are_unknown if {
	every patch in [
		{"path": "/inference/replicas", "value": "four", "id": "reliability.inference.1"},
		{"path": "/data/stores", "value": "bucket", "id": "security.data.2"},
		{"path": "/data/stores", "value": ["bucket", {"encrypted": true}], "id": "security.data.2"},
		{"path": "/models/0/lineage", "value": "all", "id": "security.model.4"},
		{"path": "/inference/guard/rate_limits", "value": "yes", "id": "security.model.3"},
		{"path": "/operations/lifecycle/manual_steps", "value": -1, "id": "operations.lifecycle.2"},
		{"path": "/disaster/fallback_model", "value": 7, "id": "reliability.disaster.5"},
		{"path": "/inference/hardware", "value": 7, "id": "performance.inference.2"},
		{"path": "/compute/images/0/reference", "value": 7, "id": "security.compute.2"},
		{"path": "/cost/visibility", "value": "all", "id": "cost.observability.1"},
		{"path": "/disaster/drills/last", "value": 20260101, "id": "reliability.disaster.3"},
		{"path": "/compute/clusters/0/idle_release_minutes", "value": "soon", "id": "cost.tiering.2"},
	] {
		not status_of(review(changed(patch.path, patch.value)), patch.id) in {"pass", "fail"}
	}
}

test_no_description_is_unknown_everywhere if {
	every nothing in [{}, [], {"workload": "x"}, null] {
		decision := wellarchitected.decision with input as nothing
		decision.verdict == "unknown"
		count({"workload", "date", "workload.activities"} - {path | some path in decision.missing}) == 0
		{entry.score | some entry in decision.scores} == {0}
	}
}

test_without_activities_nothing_passes if {
	decision := review(without("/activities"))
	{entry.status | some entry in decision.principles} == {"unknown"}
}

test_without_a_date_dated_evidence_is_unknown if {
	decision := wellarchitected.decision with input as {"workload": good}
	status_of(decision, "reliability.inference.2") == "unknown"
	status_of(decision, "operations.devops.2") == "unknown"
	status_of(decision, "security.data.1") == "pass"
}

test_failures_carry_severity_evidence_and_remedy if {
	found := wellarchitected.deny with input as {"workload": changed("/rai/watermark", false), "date": "2026-11-24"}
	some entry in found
	entry.id == "security.rai.3"
	entry.severity == "high"
	entry.remedy.zh != ""
	some claim in entry.evidence
	claim.path == "rai.watermark"
}

test_examined_and_warn if {
	"rai.watermark" in wellarchitected.examined with input as {"workload": good, "date": "2026-11-24"}
	count(wellarchitected.warn) == 0 with input as {}
}

# --- Each check in each of its statuses: what tests/policies/test_statuses.py puts to it ------------------------------

reviewed(workload) := {"workload": workload, "date": "2026-11-24"}

excusing := {id: {"answer": "not_applicable", "evidence": ["e"], "by": "a person", "date": "2026-11-01"} | some id, _ in wellarchitected.catalogue}

statuses := object.union(
	{sprintf("wellarchitected.%s", [row.id]): {
		"pass": reviewed(good),
		"fail": reviewed(changed(row.path, row.bad)),
		"unknown": reviewed(object.filter(good, ["activities"])),
		"not_applicable": reviewed(object.union(good, {"attestations": excusing})),
	} |
		some row in principles
	},
	{"wellarchitected": {"pass": reviewed(good), "fail": reviewed(changed("/rai/watermark", false)), "unknown": reviewed({})}},
)
