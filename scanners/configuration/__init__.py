"""Configuration as it is written: Terraform plans, Kubernetes manifests, cloud inventories, workload descriptions."""
