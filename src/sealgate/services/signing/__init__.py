"""Signer's use cases: profiles, jobs, permissions, revocation."""
