"""What a file, an upload, a quota and a batch line are: pure Python, no I/O."""
