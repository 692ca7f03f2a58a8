"""Events in and out: outbox, relay, consumer runner, parked keys. The only code that imports aiokafka."""
