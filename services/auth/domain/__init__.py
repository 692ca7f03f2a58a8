"""Rules of accounts, consents and connections: no I/O, no framework."""
