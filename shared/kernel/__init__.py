"""Ids, time, money, errors and the ports every service has. Pure: no framework, no I/O."""
