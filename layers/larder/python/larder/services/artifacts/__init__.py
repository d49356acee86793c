"""Use cases of artifacts and bundles."""
