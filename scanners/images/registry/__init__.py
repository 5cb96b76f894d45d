"""Images from a registry (OCI distribution specification 1.1), pulled into an OCI layout and verified on the way."""
