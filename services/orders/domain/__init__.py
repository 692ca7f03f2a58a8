"""The rules of orders: decisions, versions, reading windows, why an order waits. Pure: no I/O, no framework."""
