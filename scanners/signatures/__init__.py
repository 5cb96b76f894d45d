"""Signatures over statements: DSSE envelopes in sigstore bundles, trusted by key, certificate chain or identity."""
