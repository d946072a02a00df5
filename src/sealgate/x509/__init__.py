"""The certificate rules of this authority and of AWS Signer, and the validation of a chain."""
