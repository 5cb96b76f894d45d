"""The policy decision point: Rego packs, the engines that evaluate them, and the decisions that come out."""
