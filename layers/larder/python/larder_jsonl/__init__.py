"""The validator of batch input files: feed a `BatchValidator`, then `finish` it for the report.

Each module knows only those below it:

* `validator`: bytes become lines; the limits of lines and of the file.
* `requests`: lines become requests; what has to be unique or the same in the whole file.
* `line_templates`, `shortcuts`: what the lines of one file share, so that most need no parsing.
* `line_rules`, `body_rules`, `message_rules`: what one line, its body and its messages must be, and
  the problem that each mistake is. They alone decide what is invalid.
* `references`: what a body leaves to a batch to put in.
* `report`: the problems of a file, and its report.
* `endpoints`: the table of endpoints, and the shapes of their bodies.
* `raw_json`, `nesting`: JSON that is looked at without being decoded.
"""

from larder_jsonl.report import ValidationReport
from larder_jsonl.validator import MAX_LINE_BYTES, MAX_REQUESTS, BatchValidator

__all__ = ["MAX_LINE_BYTES", "MAX_REQUESTS", "BatchValidator", "ValidationReport"]
