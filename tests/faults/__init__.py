"""Killing and stopping the product while orders flow, then comparing ledgers: nothing lost, nothing twice."""
