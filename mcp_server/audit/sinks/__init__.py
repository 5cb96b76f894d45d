"""Where records go besides the log. The log is the spool; each sink has a cursor that only its acknowledgement moves."""
