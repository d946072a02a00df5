"""The audit trail: what happened, who did it, from where, and proof that nobody has changed the record since."""
