"""
The far sides, played by us: a marketplace that answers as the real one does, and can be told to misbehave.

What lives here: an in-memory Amazon (consent page, token endpoint, orders, shipments, participations), its control API.
What never does: an import of `services`, `shared` or `deploy`: it must not share a mistake with what it checks.
"""
