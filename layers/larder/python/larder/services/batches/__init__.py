"""Use cases of batches: from a file of requests to a file of answers."""
