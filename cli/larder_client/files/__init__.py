"""The files API: requests, answers and their types."""
