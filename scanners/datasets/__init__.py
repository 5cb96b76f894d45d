"""Personal data in tables and logs, of any size: read in bounded batches, examined anywhere, resumable."""
