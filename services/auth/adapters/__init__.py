"""Tables, repositories and reads: SQLAlchemy lives here. And Authlib's token endpoint."""
