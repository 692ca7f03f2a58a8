"""Everything that puts the services somewhere. It starts them by their command line and imports nothing of them."""
