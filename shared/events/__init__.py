"""
What the services tell each other: one module per publishing service, versioned classes, no personal data, no secret.

CloudEvents 1.0 in Kafka's binary mode. Each event carries its subject's whole public state, so that a consumer needs
only the newest one.
"""
