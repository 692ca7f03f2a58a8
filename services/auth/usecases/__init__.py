"""One verb per file. No framework; a use case that calls out opens no transaction itself."""
