"""A detect-secrets plugin that finds Larder's API keys."""

import re

from detect_secrets.plugins.base import RegexBasedDetector


class LarderKeyDetector(RegexBasedDetector):
    """Finds keys that `larder key create` printed; keys in recorded events contain EXAMPLE."""

    secret_type = "Larder API key"
    denylist = (re.compile(r"zk_live_(?!EXAMPLE)[A-Za-z0-9_-]{43}"),)
