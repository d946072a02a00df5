"""The Signer API that the modules beside this one bind their operations to; `signer` holds the bound whole."""

from sealgate.aws.operation import Api

signer = Api("signer", also=("signer-data",))

PROFILE = "/signing-profiles/{profile_name}"
PAGE = 25
"""The default page, which is also the largest that the model allows."""
