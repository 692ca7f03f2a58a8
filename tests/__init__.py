"""unit, integration, contract, e2e, faults, bench; house (the rules of the architecture) and sandbox (far sides)."""
