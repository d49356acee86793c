"""Models, behind the OpenAI-compatible servers that the operator names."""
