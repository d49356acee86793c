"""The Space: folders, tags, search and the trash."""
