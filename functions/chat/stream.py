"""POST /v1/chat where StreamChat is on: events are sent as they happen.

Lambda's runtime imports this to find the handler, and the import never ends: it is the runtime from
then on. docs/adr/0030.
"""

from app import lambda_handler  # type: ignore[import-not-found]

from larder.api.http.streams import streamed
from larder.runtime.streaming import serve

serve(streamed(lambda_handler))
