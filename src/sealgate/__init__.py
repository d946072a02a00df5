"""Sealgate signs serverless code packages, and lets nothing unsigned or altered be deployed or run."""

__version__ = "0.1.0"
