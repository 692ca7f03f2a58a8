"""What is reached from outside: pages, public API, internal API, OAuth endpoints, the worker."""
