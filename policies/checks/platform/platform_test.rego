package yumen.checks.platform_test

import data.yumen.checks.platform
import data.yumen.checks.platform.backup
import data.yumen.checks.platform.encryption_at_rest
import data.yumen.checks.platform.encryption_in_transit
import data.yumen.checks.platform.key_rotation
import data.yumen.checks.platform.logging
import data.yumen.checks.platform.network_isolation
import data.yumen.checks.platform.plain_text_credentials
import data.yumen.checks.platform.public_exposure
import data.yumen.checks.platform.resource_limits
import data.yumen.checks.platform.workload_hardening

review(resources) := result if {
	result := platform.decision with input as {"resources": resources}
}

tf(type, values) := {"source": "terraform", "type": type, "address": sprintf("%s.x", [type]), "path": "plan.json", "values": values}

cloud(type, values) := {"source": "inventory", "type": type, "address": sprintf("%s/x", [type]), "path": "inventory.json", "values": values}

k8s(kind, values) := {"source": "kubernetes", "type": kind, "address": sprintf("%s/prod/x", [kind]), "path": "app.yaml", "values": values}

status(decision, check) := decision.checks[check].status

# One resource, one check, what it says of it.
table := [
	{"resource": tf("aws_ebs_volume", {"encrypted": true}), "check": "encryption_at_rest", "status": "pass"},
	{"resource": tf("aws_ebs_volume", {"encrypted": false}), "check": "encryption_at_rest", "status": "fail"},
	{"resource": tf("aws_ebs_volume", {}), "check": "encryption_at_rest", "status": "fail"},
	{"resource": tf("aws_instance", {"root_block_device": [{"encrypted": true}]}), "check": "encryption_at_rest", "status": "pass"},
	{"resource": tf("aws_instance", {"root_block_device": []}), "check": "encryption_at_rest", "status": "fail"},
	{"resource": tf("aws_instance", {"root_block_device": "disk"}), "check": "encryption_at_rest", "status": "fail"},
	{"resource": tf("aws_instance", {}), "check": "public_exposure", "status": "unknown"},
	{"resource": tf("aws_db_instance", {"publicly_accessible": true}), "check": "public_exposure", "status": "fail"},
	{"resource": tf("aws_db_instance", {"backup_retention_period": 7}), "check": "backup", "status": "pass"},
	{"resource": tf("aws_db_instance", {"backup_retention_period": 0}), "check": "backup", "status": "fail"},
	{"resource": tf("aws_db_instance", {"enabled_cloudwatch_logs_exports": ["audit"]}), "check": "logging", "status": "pass"},
	{"resource": tf("aws_db_instance", {"enabled_cloudwatch_logs_exports": []}), "check": "logging", "status": "fail"},
	{"resource": tf("aws_kms_key", {"enable_key_rotation": true}), "check": "key_rotation", "status": "pass"},
	{"resource": tf("aws_kms_key", {}), "check": "key_rotation", "status": "fail"},
	{"resource": tf("aws_lb_listener", {"protocol": "HTTP"}), "check": "encryption_in_transit", "status": "fail"},
	{"resource": tf("aws_lb_listener", {"protocol": "HTTP", "default_action": [{"type": "redirect"}]}), "check": "encryption_in_transit", "status": "pass"},
	{"resource": tf("aws_cloudwatch_log_group", {"retention_in_days": 0}), "check": "logging", "status": "pass"},
	{"resource": tf("aws_cloudwatch_log_group", {"retention_in_days": 30}), "check": "logging", "status": "fail"},
	{"resource": tf("aws_s3_bucket", {"acl": "public-read"}), "check": "public_exposure", "status": "fail"},
	{"resource": tf("aws_s3_bucket", {}), "check": "public_exposure", "status": "unknown"},
	{"resource": tf("alicloud_instance", {"internet_max_bandwidth_out": 10}), "check": "public_exposure", "status": "fail"},
	{"resource": tf("alicloud_instance", {"internet_max_bandwidth_out": 0}), "check": "public_exposure", "status": "pass"},
	{"resource": tf("alicloud_db_instance", {"security_ips": ["0.0.0.0/0"]}), "check": "public_exposure", "status": "fail"},
	{"resource": tf("alicloud_db_instance", {"security_ips": ["10.0.0.0/8"]}), "check": "public_exposure", "status": "pass"},
	{"resource": tf("alicloud_kms_key", {"automatic_rotation": "Disabled"}), "check": "key_rotation", "status": "fail"},
	{"resource": tf("alicloud_nas_file_system", {"encrypt_type": 2}), "check": "encryption_at_rest", "status": "pass"},
	{"resource": tf("alicloud_oss_bucket", {"server_side_encryption_rule": [{"sse_algorithm": "KMS"}]}), "check": "encryption_at_rest", "status": "pass"},
	{"resource": cloud("AWS::S3::Bucket", {"PublicAccessBlockConfiguration": {"blockPublicAcls": true}}), "check": "public_exposure", "status": "fail"},
	{"resource": cloud("AWS::EC2::Instance", {"publicIpAddress": "198.51.100.1"}), "check": "public_exposure", "status": "fail"},
	{"resource": cloud("AWS::EC2::Instance", {}), "check": "public_exposure", "status": "pass"},
	{"resource": cloud("AWS::EC2::Volume", {}), "check": "encryption_at_rest", "status": "unknown"},
	{"resource": cloud("AWS::KMS::Key", {"keyManager": "AWS"}), "check": "key_rotation", "status": "pass"},
	{"resource": cloud("ACS::OSS::Bucket", {"AccessControlList": {"Grant": "public-read"}}), "check": "public_exposure", "status": "fail"},
	{"resource": cloud("ACS::ECS::Instance", {"PublicIpAddress": {"IpAddress": ["198.51.100.1"]}}), "check": "public_exposure", "status": "fail"},
	{"resource": cloud("ACS::ECS::Instance", {"PublicIpAddress": {"IpAddress": []}}), "check": "public_exposure", "status": "pass"},
	{"resource": cloud("ACS::RDS::DBInstance", {"SecurityIPList": "10.0.0.1,0.0.0.0/0"}), "check": "public_exposure", "status": "fail"},
	{"resource": cloud("ACS::RDS::DBInstance", {"SecurityIPList": 7}), "check": "public_exposure", "status": "unknown"},
	{"resource": k8s("ConfigMap", {"data": {"a": "b"}}), "check": "backup", "status": "not_applicable"},
]

test_the_table_of_attributes if {
	every row in table {
		status(review([row.resource]), row.check) == row.status
	}
}

test_what_is_known_after_apply_is_unknown if {
	resource := object.union(tf("aws_ebs_volume", {"encrypted": null}), {"unknown": ["encrypted"]})
	decision := review([resource])
	status(decision, "encryption_at_rest") == "unknown"
	decision.verdict == "unknown"
	decision.missing == ["aws_ebs_volume.x: encrypted"]
}

test_a_companion_resource_answers_for_the_bucket if {
	bucket := object.union(tf("aws_s3_bucket", {"acl": "private"}), {"address": "aws_s3_bucket.x[0]"})
	block := object.union(
		tf("aws_s3_bucket_public_access_block", {"block_public_acls": true, "block_public_policy": true, "ignore_public_acls": true, "restrict_public_buckets": true}),
		{"refers": ["aws_s3_bucket.x"]},
	)
	status(review([bucket, block]), "public_exposure") == "pass"
	status(review([bucket, object.union(block, {"refers": ["aws_s3_bucket.y"]})]), "public_exposure") == "unknown"
	versioned := object.union(tf("aws_s3_bucket_versioning", {"versioning_configuration": [{"status": "Enabled"}]}), {"refers": ["aws_s3_bucket.x"]})
	status(review([bucket, versioned]), "backup") == "pass"
}

# --- Network -------------------------------------------------------------------------------------------------------

open_groups := [
	tf("aws_security_group", {"ingress": [{"cidr_blocks": ["0.0.0.0/0"], "from_port": 22, "to_port": 22}]}),
	tf("aws_security_group", {"ingress": [{"cidr_blocks": [], "ipv6_cidr_blocks": ["::/0"], "from_port": 0, "to_port": 65535}]}),
	tf("aws_security_group_rule", {"type": "ingress", "cidr_blocks": ["0.0.0.0/0"], "from_port": 443, "to_port": 8443}),
	tf("aws_vpc_security_group_ingress_rule", {"cidr_ipv4": "0.0.0.0/0", "ip_protocol": "-1"}),
	tf("alicloud_security_group_rule", {"type": "ingress", "cidr_ip": "0.0.0.0/0", "port_range": "3389/3389"}),
	tf("alicloud_security_group_rule", {"type": "ingress", "cidr_ip": "0.0.0.0/0", "port_range": "all"}),
	cloud("AWS::EC2::SecurityGroup", {"ipPermissions": [{"fromPort": 22, "toPort": 22, "ipv4Ranges": [{"cidrIp": "0.0.0.0/0"}]}]}),
	cloud("AWS::EC2::SecurityGroup", {"ipPermissions": [{"ipRanges": ["0.0.0.0/0"]}]}),
	cloud("ACS::ECS::SecurityGroup", {"Permissions": {"Permission": [{"SourceCidrIp": "0.0.0.0/0", "PortRange": "-1/-1"}]}}),
]

half_groups := [
	tf("aws_security_group", {"ingress": [{"cidr_blocks": ["0.0.0.0/0"]}]}),
	tf("aws_security_group_rule", {"type": "ingress", "cidr_blocks": ["0.0.0.0/0"]}),
	tf("alicloud_security_group_rule", {"type": "ingress", "cidr_ip": "0.0.0.0/0"}),
	cloud("ACS::ECS::SecurityGroup", {"Permissions": {"Permission": [{"SourceCidrIp": "0.0.0.0/0"}]}}),
]

closed_groups := [
	tf("aws_security_group", {"ingress": [{"cidr_blocks": ["0.0.0.0/0"], "from_port": 443, "to_port": 443}]}),
	tf("aws_security_group", {"ingress": [{"cidr_blocks": ["10.0.0.0/8"], "from_port": 22, "to_port": 22}]}),
	tf("aws_security_group_rule", {"type": "egress", "cidr_blocks": ["0.0.0.0/0"], "from_port": 0, "to_port": 0}),
	tf("alicloud_security_group_rule", {"type": "ingress", "cidr_ip": "0.0.0.0/0", "port_range": "22/22", "policy": "drop"}),
	tf("alicloud_security_group_rule", {"type": "ingress", "cidr_ip": "0.0.0.0/0", "port_range": "80/80"}),
	cloud("ACS::ECS::SecurityGroup", {"Permissions": {"Permission": [{"SourceCidrIp": "0.0.0.0/0", "PortRange": "22/22", "Direction": "egress"}]}}),
]

test_groups_open_to_anywhere if {
	every group in open_groups {
		status(review([group]), "network_isolation") == "fail"
	}
	every group in half_groups {
		status(review([group]), "network_isolation") == "fail"
	}
	every group in closed_groups {
		status(review([group]), "network_isolation") == "pass"
	}
}

test_rules_known_after_apply_are_unknown if {
	group := object.union(tf("aws_security_group", {}), {"unknown": ["ingress"]})
	status(review([group]), "network_isolation") == "unknown"
}

# --- Kubernetes ----------------------------------------------------------------------------------------------------

hardened := {
	"name": "app",
	"image": "registry.example.com/app@sha256:2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae",
	"resources": {"limits": {"memory": "1Gi", "cpu": "1"}},
	"securityContext": {
		"allowPrivilegeEscalation": false,
		"runAsNonRoot": true,
		"readOnlyRootFilesystem": true,
		"capabilities": {"drop": ["ALL"]},
		"seccompProfile": {"type": "RuntimeDefault"},
	},
}

deployment(container, pod) := k8s("Deployment", {"metadata": {"name": "x", "namespace": "prod"}, "spec": {"template": {"spec": object.union({"automountServiceAccountToken": false, "containers": [container]}, pod)}}})

policy := k8s("NetworkPolicy", {"metadata": {"name": "default", "namespace": "prod"}})

test_a_hardened_workload_passes if {
	decision := review([deployment(hardened, {}), policy])
	decision.verdict == "pass"
	decision.findings == []
	decision.advice == []
	{id | some id, entry in decision.checks; entry.status == "pass"} == {"workload_hardening", "resource_limits", "network_isolation", "plain_text_credentials"}
}

test_a_namespace_without_a_policy_is_open if {
	status(review([deployment(hardened, {})]), "network_isolation") == "fail"
	told := platform.decision with input as {"resources": [deployment(hardened, {})], "guarded": ["prod"]}
	status(told, "network_isolation") == "pass"
}

weaknesses := [
	{"container": {"securityContext": {"privileged": true}}, "pod": {}, "at": "securityContext.privileged"},
	{"container": {"securityContext": {"allowPrivilegeEscalation": true}}, "pod": {}, "at": "allowPrivilegeEscalation"},
	{"container": {"securityContext": {"runAsNonRoot": false}}, "pod": {}, "at": "runAsNonRoot"},
	{"container": {"securityContext": {"runAsUser": 0}}, "pod": {}, "at": "runAsUser"},
	{"container": {"securityContext": {"capabilities": {"drop": []}}}, "pod": {}, "at": "capabilities.drop"},
	{"container": {"securityContext": {"capabilities": {"add": ["SYS_ADMIN"]}}}, "pod": {}, "at": "capabilities.add"},
	{"container": {"securityContext": {"seccompProfile": {"type": "Unconfined"}}}, "pod": {}, "at": "seccompProfile"},
	{"container": {"securityContext": {"procMount": "Unmasked"}}, "pod": {}, "at": "procMount"},
	{"container": {"ports": [{"hostPort": 80}]}, "pod": {}, "at": "hostPort"},
	{"container": {}, "pod": {"hostNetwork": true}, "at": "hostNetwork"},
	{"container": {}, "pod": {"volumes": [{"hostPath": {"path": "/"}}]}, "at": "volumes[0].hostPath"},
	{"container": {}, "pod": {"securityContext": {"sysctls": [{"name": "kernel.msgmax"}]}}, "at": "sysctls[0]"},
	{"container": {}, "pod": {"volumes": [{"name": "v", "nfs": {"server": "x"}}]}, "at": "volumes[0].nfs"},
	{"container": {"securityContext": {"seLinuxOptions": {"type": "spc_t"}}}, "pod": {}, "at": "seLinuxOptions.type"},
	{"container": {}, "pod": {"securityContext": {"seLinuxOptions": {"user": "root"}}}, "at": "seLinuxOptions.user"},
	{"container": {"securityContext": {"appArmorProfile": {"type": "Unconfined"}}}, "pod": {}, "at": "appArmorProfile"},
	{"container": {}, "pod": {"securityContext": {"appArmorProfile": {"type": "Unconfined"}}}, "at": "appArmorProfile"},
	{"container": {"livenessProbe": {"httpGet": {"host": "192.0.2.1"}}}, "pod": {}, "at": "livenessProbe.httpGet.host"},
	{"container": {"lifecycle": {"preStop": {"tcpSocket": {"host": "x"}}}}, "pod": {}, "at": "lifecycle.preStop.tcpSocket.host"},
	{"container": {"securityContext": {"windowsOptions": {"hostProcess": true}}}, "pod": {}, "at": "hostProcess"},
	{"container": {}, "pod": {"securityContext": {"windowsOptions": {"hostProcess": true}}}, "at": "hostProcess"},
]

test_each_weakness_of_the_pod_security_standards if {
	every row in weaknesses {
		decision := review([deployment(object.union(hardened, row.container), row.pod), policy])
		some finding in decision.findings
		finding.rule == "platform.workload_hardening"
		endswith(finding.at, row.at)
	}
}

test_the_pod_may_answer_for_its_containers if {
	bare := json.remove(hardened, ["securityContext/runAsNonRoot", "securityContext/seccompProfile"])
	pod := {"securityContext": {"runAsNonRoot": true, "seccompProfile": {"type": "RuntimeDefault"}}}
	status(review([deployment(bare, pod), policy]), "workload_hardening") == "pass"
}

test_what_windows_does_not_know_is_not_asked_of_it if {
	bare := json.remove(hardened, ["securityContext/allowPrivilegeEscalation", "securityContext/capabilities", "securityContext/seccompProfile"])
	status(review([deployment(bare, {"os": {"name": "windows"}}), policy]), "workload_hardening") == "pass"
	status(review([deployment(bare, {"os": {"name": "linux"}}), policy]), "workload_hardening") == "fail"
}

test_an_unconfined_annotation_is_found_wherever_the_pod_comes_from if {
	metadata := {"annotations": {"container.apparmor.security.beta.kubernetes.io/app": "unconfined"}}
	spec := {"containers": [hardened]}
	every resource in [
		k8s("Pod", {"metadata": metadata, "spec": spec}),
		k8s("CronJob", {"spec": {"jobTemplate": {"spec": {"template": {"metadata": metadata, "spec": spec}}}}}),
		k8s("Deployment", {"spec": {"template": {"metadata": metadata, "spec": spec}}}),
	] {
		some finding in review([resource]).findings
		startswith(finding.at, "annotations[")
	}
}

test_every_kind_that_makes_pods_is_read if {
	spec := {"containers": [{"name": "x", "image": "x"}]}
	every resource in [
		k8s("Pod", {"spec": spec}),
		k8s("CronJob", {"spec": {"jobTemplate": {"spec": {"template": {"spec": spec}}}}}),
		k8s("StatefulSet", {"spec": {"template": {"spec": spec}}}),
	] {
		status(review([resource]), "workload_hardening") == "fail"
		status(review([resource]), "resource_limits") == "fail"
	}
}

test_advice_does_not_fail if {
	tagged := object.union(hardened, {"image": "registry.example.com/app:1", "securityContext": {"readOnlyRootFilesystem": false}})
	decision := review([deployment(tagged, {"automountServiceAccountToken": true}), policy])
	decision.verdict == "pass"
	count(decision.advice) == 3
	{finding.severity | some finding in workload_hardening.warn} == {"low"} with input as {"resources": [deployment(tagged, {})]}
}

test_services_open_to_the_internet if {
	open := {"metadata": {"name": "x"}, "spec": {"type": "LoadBalancer"}}
	status(review([k8s("Service", open)]), "public_exposure") == "fail"
	inside := object.union(open, {"metadata": {"annotations": {"service.beta.kubernetes.io/alibaba-cloud-loadbalancer-address-type": "intranet"}}})
	status(review([k8s("Service", inside)]), "public_exposure") == "pass"
	narrow := object.union(open, {"spec": {"loadBalancerSourceRanges": ["203.0.113.0/24"]}})
	status(review([k8s("Service", narrow)]), "public_exposure") == "pass"
	status(review([k8s("Service", object.union(open, {"spec": {"type": "ClusterIP"}}))]), "public_exposure") == "pass"
}

# --- Credentials ---------------------------------------------------------------------------------------------------

with_env(variables) := deployment(object.union(hardened, {"env": variables}), {})

revealing := [
	object.union(tf("aws_iam_user", {"password": "Aa1234321Bb"}), {"literals": ["password"]}),
	with_env([{"name": "DB_PASSWORD", "value": "hunter2-hunter2"}]),
	with_env([{"name": "URL", "value": "postgres://app:s3cret@db/prod"}]),
	deployment(object.union(hardened, {"args": ["--key", "LTAI5tExampleExample01"]}), {}),
	k8s("ConfigMap", {"data": {"api_key": "abcdef"}}),
	k8s("Secret", {"stringData": {"x": "y"}}),
	tf("aws_instance", {"user_data": "export AWS_ACCESS_KEY_ID=AKIAIOSFODNN7EXAMPLE"}),
	tf("aws_lambda_function", {"environment": [{"variables": {"API_TOKEN": "abc123"}}]}),
]

quiet := [
	with_env([{"name": "DB_PASSWORD", "valueFrom": {"secretKeyRef": {"name": "db", "key": "password"}}}]),
	with_env([{"name": "DB_PASSWORD_FILE", "value": "/run/secrets/db"}]),
	with_env([{"name": "TOKEN", "value": "$(OTHER)"}]),
	with_env([{"name": "MODE", "value": "production"}]),
	k8s("ConfigMap", {"data": {"secret_name": "db"}}),
	k8s("Secret", {"data": {}}),
	tf("aws_lambda_function", {"environment": [{"variables": {"TOKEN_ARN": "arn:aws:secretsmanager:eu-central-1:1:secret:x"}}]}),
	tf("aws_iam_user", {"password": "from a variable without a default"}),
	object.union(tf("aws_iam_user", {"password": "", "name": "token"}), {"literals": ["password", "name", "absent", 7]}),
	object.union(tf("aws_iam_user", {"password": "x"}), {"literals": {"password": true}}),
]

test_credentials_written_as_they_are if {
	every resource in revealing {
		status(review([resource]), "plain_text_credentials") == "fail"
	}
	every resource in quiet {
		status(review([resource]), "plain_text_credentials") == "pass"
	}
}

test_a_finding_never_shows_the_credential if {
	decision := review([with_env([{"name": "DB_PASSWORD", "value": "hunter2-hunter2"}])])
	not contains(json.marshal(decision), "hunter2")
}

# --- The whole -----------------------------------------------------------------------------------------------------

test_types_that_no_check_reads_leave_the_review_unknown if {
	decision := review([tf("aws_ebs_volume", {"encrypted": true}), tf("aws_quantum_task", {})])
	decision.verdict == "unknown"
	decision.unread == ["aws_quantum_task"]
	beside := review([tf("aws_ebs_volume", {"encrypted": true}), tf("aws_iam_role_policy", {}), tf("random_id", {})])
	beside.verdict == "pass"
	alone := review([tf("aws_iam_role_policy", {}), tf("random_id", {})])
	alone.verdict == "unknown"
	alone.unread == ["aws_iam_role_policy", "random_id"]
}

test_nothing_given_is_unknown if {
	every nothing in [{}, {"resources": "all"}, [], null] {
		decision := platform.decision with input as nothing
		decision.verdict == "unknown"
		decision.missing == ["resources"]
	}
	review([]).verdict == "unknown"
	review(["x", {"type": 7}]).missing == ["resources[0]", "resources[1]"]
}

test_only_hardening_has_advice if {
	cautions := [
		backup.warn, encryption_at_rest.warn, encryption_in_transit.warn, key_rotation.warn, logging.warn,
		network_isolation.warn, plain_text_credentials.warn, public_exposure.warn, resource_limits.warn,
	] with input as {"resources": []}
	every caution in cautions {
		count(caution) == 0
	}
}

ingress(spec, annotations) := k8s("Ingress", {"metadata": {"name": "x", "annotations": annotations}, "spec": spec})

test_what_comes_in_by_plain_http if {
	status(review([ingress({"rules": [{"host": "a.example"}]}, {})]), "encryption_in_transit") == "fail"
	status(review([ingress({"tls": []}, {"kubernetes.io/ingress.class": "nginx"})]), "encryption_in_transit") == "fail"
	status(review([ingress({"tls": [{"secretName": "a"}]}, {})]), "encryption_in_transit") == "pass"
	status(review([ingress({}, {"alb.ingress.kubernetes.io/certificate-arn": "arn:aws:acm:eu-central-1:1:certificate/x"})]), "encryption_in_transit") == "pass"
	status(review([ingress({}, {"alb.ingress.kubernetes.io/certificate-arn": ""})]), "encryption_in_transit") == "fail"
	status(review([ingress({"tls": "{{ .Values.tls }}"}, {})]), "encryption_in_transit") == "unknown"
	status(review([k8s("Ingress", {"spec": "x"})]), "encryption_in_transit") == "fail"
}

# --- Each check in each of its statuses: what tests/policies/test_statuses.py puts to it -----------------------------

known_later(type, name) := object.union(tf(type, {}), {"unknown": [name]})

volume := tf("aws_ebs_volume", {"encrypted": true})

unreadable_pod := k8s("Deployment", {"spec": {"template": "x"}})

given := {
	"encryption_at_rest": {
		"pass": [volume],
		"fail": [volume, tf("aws_ebs_volume", {"encrypted": "true"})],
		"unknown": [known_later("aws_ebs_volume", "encrypted")],
		"not_applicable": [tf("aws_lb_listener", {})],
	},
	"encryption_in_transit": {
		"pass": [tf("aws_lb_listener", {"protocol": "HTTPS"})],
		"fail": [tf("aws_lb_listener", {"protocol": "HTTP"})],
		"unknown": [known_later("aws_opensearch_domain", "domain_endpoint_options")],
		"not_applicable": [volume],
	},
	"key_rotation": {
		"pass": [tf("aws_kms_key", {"enable_key_rotation": true})],
		"fail": [tf("aws_kms_key", {"enable_key_rotation": false})],
		"unknown": [known_later("aws_kms_key", "enable_key_rotation")],
		"not_applicable": [volume],
	},
	"public_exposure": {
		"pass": [tf("alicloud_db_instance", {"security_ips": ["10.0.0.0/8"]})],
		"fail": [tf("aws_s3_bucket_acl", {"acl": "authenticated-read"})],
		"unknown": [tf("alicloud_db_instance", {"security_ips": {"a": 1}})],
		"not_applicable": [volume],
	},
	"network_isolation": {
		"pass": [tf("aws_security_group", {"ingress": null})],
		"fail": [tf("aws_security_group", {"ingress": [{"cidr_blocks": ["0.0.0.0/0"]}]})],
		"unknown": [known_later("aws_security_group_rule", "cidr_blocks")],
		"not_applicable": [volume],
	},
	"plain_text_credentials": {
		"pass": [volume],
		"fail": [with_env([{"name": "DB_PASSWORD", "value": "hunter2"}])],
		"unknown": [with_env("DB_PASSWORD=hunter2")],
		"not_applicable": [object.union(volume, {"source": "compose"})],
	},
	"logging": {
		"pass": [tf("aws_cloudwatch_log_group", {"retention_in_days": 365})],
		"fail": [tf("aws_cloudwatch_log_group", {"retention_in_days": 7})],
		"unknown": [known_later("aws_s3_bucket", "logging")],
		"not_applicable": [volume],
	},
	"backup": {
		"pass": [tf("aws_db_instance", {"backup_retention_period": 7})],
		"fail": [tf("aws_db_instance", {"backup_retention_period": "7"})],
		"unknown": [known_later("aws_db_instance", "backup_retention_period")],
		"not_applicable": [volume],
	},
	"workload_hardening": {
		"pass": [deployment(hardened, {})],
		"fail": [deployment(object.union(hardened, {"securityContext": {"privileged": true}}), {})],
		"unknown": [unreadable_pod],
		"not_applicable": [volume],
	},
	"resource_limits": {
		"pass": [deployment(hardened, {})],
		"fail": [deployment(object.union(hardened, {"resources": "x"}), {})],
		"unknown": [unreadable_pod],
		"not_applicable": [volume],
	},
}

statuses := object.union(
	{sprintf("platform.%s", [check]): {wanted: {"resources": resources} | some wanted, resources in of} | some check, of in given},
	{"platform": {"pass": {"resources": [volume]}, "fail": {"resources": given.backup.fail}, "unknown": {"resources": [unreadable_pod]}}},
)

# What a rule on traffic says cannot be told when it is no rule.
unreadable_rules := [
	{"resource": tf("aws_security_group", {"ingress": "x"}), "missing": "ingress"},
	{"resource": tf("aws_security_group", {"ingress": [{"cidr_blocks": [7], "from_port": 22, "to_port": 22}]}), "missing": "ingress[0]"},
	{"resource": tf("aws_security_group_rule", {"cidr_blocks": ["0.0.0.0/0"]}), "missing": "type"},
	{"resource": cloud("AWS::EC2::SecurityGroup", {}), "missing": "ipPermissions"},
	{"resource": cloud("ACS::ECS::SecurityGroup", {"Permissions": "x"}), "missing": "Permissions.Permission"},
]

test_rules_that_cannot_be_read_are_missing if {
	every row in unreadable_rules {
		decision := review([row.resource])
		status(decision, "network_isolation") == "unknown"
		some path in decision.missing
		endswith(path, concat("", [": ", row.missing]))
	}
}

test_maps_that_cannot_be_read_may_hold_a_credential if {
	every resource in [k8s("ConfigMap", {"data": "x"}), k8s("Secret", {"stringData": ["x"]})] {
		status(review([resource]), "plain_text_credentials") == "unknown"
	}
}
