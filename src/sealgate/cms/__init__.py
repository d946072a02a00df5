"""RFC 5652 SignedData, in the one shape that a package signature has. Pure."""
