"""Running the functions in real Lambda containers with `sam local`."""
