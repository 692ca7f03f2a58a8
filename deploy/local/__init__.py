"""What `make run` starts: PostgreSQL, Kafka, our processes, the sandbox, one origin. Not for production."""
