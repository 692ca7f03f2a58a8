"""
Who is asking, and in whose name we ask: sessions and service tokens checked, access tokens fetched from auth.

Never holds a refresh token or a password; those stay in auth.
"""
