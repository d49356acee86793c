"""Wire shapes of projects."""
