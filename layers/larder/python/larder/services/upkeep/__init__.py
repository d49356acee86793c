"""Use cases that nobody asks for: receive, clear, reclaim, sweep, audit."""
