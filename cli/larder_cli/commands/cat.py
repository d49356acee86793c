"""`larder cat`: print what files contain."""

import sys

from larder_cli.shared.connection import ApiKey, BaseUrl, Parallel, open_client
from larder_cli.shared.each import report
from larder_cli.shared.paths import Files, find_files, path_or_id
from larder_client.options import PARALLEL


def cat(
    files: Files, parallel: Parallel = PARALLEL, base_url: BaseUrl = None, api_key: ApiKey = None
) -> None:
    """Write the bytes of files to standard output, one after the other."""
    with report() as failures, open_client(base_url, api_key, parallel) as client:
        for file in files:
            with failures.each(**path_or_id(file)):
                for _, file_id in find_files(client, file):
                    client.files.download_to(file_id, sys.stdout.buffer)
                    sys.stdout.buffer.flush()
