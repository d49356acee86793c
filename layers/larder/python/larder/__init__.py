"""Larder: an OpenAI-compatible, multi-tenant file store on AWS."""
