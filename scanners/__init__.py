"""Engines that observe: model files, images, personal data, secrets. No MCP and no policy in here."""
