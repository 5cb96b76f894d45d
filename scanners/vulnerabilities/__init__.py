"""Known vulnerabilities: OSV records in a local database, versions compared as each ecosystem compares them."""
