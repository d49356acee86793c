"""Use cases of the Space: folders, tags, search and the trash."""
