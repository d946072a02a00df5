"""The Signer API, with every operation that is bound. SignPayload is not: it answers NotImplemented by name."""

from sealgate.aws.api import signer_jobs, signer_permissions, signer_profiles
from sealgate.aws.api.signer_service import signer

__all__ = ["signer", "signer_jobs", "signer_permissions", "signer_profiles"]
