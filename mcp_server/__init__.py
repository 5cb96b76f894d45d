"""The application and its governance: what every call passes through."""
