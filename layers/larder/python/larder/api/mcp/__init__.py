"""The Model Context Protocol: messages, the two eras of it, and what Larder serves."""
