"""Uploads and downloads: in parallel parts, resumable."""

PARALLEL = 4
"""The number of connections to S3 that one transfer may use."""
