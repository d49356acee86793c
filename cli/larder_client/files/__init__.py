"""The Files and Uploads APIs: requests, and the types of their answers."""
