"""What operators do to whole stacks: restore them, and delete them with their data."""
