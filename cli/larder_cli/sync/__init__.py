"""`larder sync`: what differs between a local folder and one of the Space, and what to do."""
