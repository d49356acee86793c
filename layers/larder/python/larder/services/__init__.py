"""The use cases, one per module. They return domain objects.

A use case of up to three ports is a function that takes them by keyword. One of more is a frozen
dataclass of its ports that is called like a function. Either way `runtime/wiring.py` fills in the
ports by their names.
"""
