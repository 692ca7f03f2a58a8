"""PostgreSQL: engine, transactions, migrations, and the claims by which work that calls out is done once."""
