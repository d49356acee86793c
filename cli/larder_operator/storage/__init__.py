"""What a deployment stores: its bucket and its records, compared and repaired by operators."""
