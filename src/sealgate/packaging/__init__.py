"""Signing everything that a template deploys: local code is packed, signed once, and named by the template."""
