"""Who vouches for an image: cosign's signatures and attestations that lie beside it."""
