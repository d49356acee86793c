"""The HTTP surface: wire shapes, the error envelope, the resolver."""
