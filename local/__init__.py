"""The embedded AWS: an emulator, this template deployed to it, a project with a key."""
