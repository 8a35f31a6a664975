"""Django's PostgreSQL engine with a server of its own behind it (`ENGINE = "astrid.embedded"`)."""
