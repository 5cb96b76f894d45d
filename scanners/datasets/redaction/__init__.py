"""A data set written anew without its personal data, and a signed statement of what was done."""
