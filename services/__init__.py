"""The four services; they never import each other and meet on Kafka and over HTTP."""
