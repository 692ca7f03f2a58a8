"""One very large seller beside many small ones, under published quotas, in virtual time."""
