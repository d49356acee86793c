"""The commands: four modules for `larder space`, one for each other command."""
