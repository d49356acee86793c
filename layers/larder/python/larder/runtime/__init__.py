"""Settings, logging and metrics, and the composition root."""
