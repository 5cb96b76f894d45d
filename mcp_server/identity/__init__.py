"""Who is calling: OAuth 2.1 access tokens, API keys, and the one configured local principal. No identity, no call."""
