"""`make rotate`: another key-encryption key on line, under load, with a kill in the middle."""
