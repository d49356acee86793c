"""Uploads and downloads: in parallel parts, resumable."""
