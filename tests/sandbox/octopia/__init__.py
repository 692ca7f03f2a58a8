"""
Octopia (Cdiscount and its partner channels), played: token endpoint, orders, shipments, offers, offer packages.

Its official description is not public; what is played follows a reconstruction from public documentation and client
code. Where sources are silent or disagree, the module says what was decided.
"""
