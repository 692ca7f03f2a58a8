"""
The far sides, played by us: a marketplace that answers as the real one does, and can be told to misbehave.

What lives here: an in-memory Amazon and Octopia, and one control API for both.
What never does: an import of `services`, `shared` or `deploy`: it must not share a mistake with what it checks.
"""
