"""JSON and events of `POST /v1/chat`."""
