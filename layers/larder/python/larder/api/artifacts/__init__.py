"""HTTP of artifacts and bundles."""
