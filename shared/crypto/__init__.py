"""Envelope encryption: seal and open bytes for a context. Knows nothing of what they are or where they are kept."""
