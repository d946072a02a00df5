"""Layers: packages that functions share, and who may use them."""
