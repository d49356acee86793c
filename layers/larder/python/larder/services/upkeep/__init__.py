"""Use cases that no client calls: receive, clear, reclaim, clean up, sweep, audit."""
