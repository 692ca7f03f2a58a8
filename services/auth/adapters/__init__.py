"""Tables, repositories, reads, password hashing: SQLAlchemy and Argon2 live here."""
