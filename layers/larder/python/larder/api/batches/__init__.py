"""Wire shapes of batches."""
