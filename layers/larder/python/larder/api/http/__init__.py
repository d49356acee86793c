"""What every route shares: resolver, errors, forms, the table of routes."""
