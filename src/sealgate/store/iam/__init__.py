"""Users, groups, roles, policies, sessions, and the generation that tells when any of it has changed.

Trust: whoever can write these rows decides who may do what, and can make credentials; whoever can read the secrets can
act as their owners. Durability: as every row (`sealgate.store.database`). Ownership: written by `sealgate.services.iam`
and `sealgate.services.identity.sessions` only, each change with a new generation in the same transaction.
"""
