"""The HTTP surface: routes, resolver, errors, and the JSON of each capability."""
