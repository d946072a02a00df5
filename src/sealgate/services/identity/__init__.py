"""Who may call at all: accounts, credentials, sessions."""
