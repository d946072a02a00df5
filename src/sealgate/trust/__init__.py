"""Keys, the authority, signing a package and verifying one. The only place that holds private keys."""
