"""The rules of stock: SKUs, order lines, and who gets the units. Pure; one place to read what "reserved" means."""
