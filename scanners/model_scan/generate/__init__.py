"""Makes the tables of `data/`, offline and by developers; nothing here runs in a scan."""
