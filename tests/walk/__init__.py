"""Two years of fifty connections, day by day in virtual time, against a table of every state, event and mail."""
