"""Artifacts and bundles."""
