"""A detector for detect-secrets: Larder's own API keys."""

import re

from detect_secrets.plugins.base import RegexBasedDetector


class LarderKeyDetector(RegexBasedDetector):
    """Finds keys as `larder key create` prints them; those of the recorded events say EXAMPLE."""

    secret_type = "Larder API key"
    denylist = (re.compile(r"zk_live_(?!EXAMPLE)[A-Za-z0-9_-]{43}"),)
