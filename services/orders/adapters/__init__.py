"""Where SQLAlchemy lives: tables, repositories bound to one transaction, and the reads of pages and lists."""
