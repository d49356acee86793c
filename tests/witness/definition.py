"""statemachines/batches.asl.json as LocalStack reads it."""

from __future__ import annotations

from tests.support.template import ROOT

PATH = "statemachines/batches.asl.json"


def definition() -> str:
    """Return the definition with its placeholders.

    LocalStack's grammar wants a fraction for a percentage. AWS documents it as a number, and gives
    whole ones as examples:
    https://docs.aws.amazon.com/step-functions/latest/dg/state-map-distributed.html
    """
    text = (ROOT / PATH).read_text()
    whole = '"ToleratedFailurePercentage": 100,'
    assert whole in text
    return text.replace(whole, '"ToleratedFailurePercentage": 100.0,')
