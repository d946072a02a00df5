"""The only place that persists: one database and one blob store."""
