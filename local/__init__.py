"""The embedded AWS: an emulator with this template deployed to it, and a project with a key."""
