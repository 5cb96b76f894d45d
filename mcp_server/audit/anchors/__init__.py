"""What remembers the log outside of its directory, so that a rollback of the whole directory is noticed."""
