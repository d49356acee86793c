"""What AWS and the way to it refuse, in an operator's words."""

import os

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectionError,  # noqa: A004 - botocore's own name
    HTTPClientError,
    NoCredentialsError,
    NoRegionError,
)


def explain(failure: Exception) -> str | None:
    """Return what a failure of botocore's says, None for any other."""
    match failure:
        case NoCredentialsError():
            return (
                "There are no AWS credentials: give --profile, set AWS_PROFILE, "
                "or run 'aws configure'."
            )
        case NoRegionError():
            return "There is no AWS region: give --region or set AWS_DEFAULT_REGION."
        case ConnectionError() | HTTPClientError():
            local = " Is 'make run' running?" if "AWS_ENDPOINT_URL" in os.environ else ""
            return f"{failure}.{local}"
        case ClientError():
            error = failure.response["Error"]
            code, message = error.get("Code", "Unknown"), error.get("Message", "")
            return f"AWS refused {failure.operation_name}: {code}: {message}"
        case BotoCoreError():
            return str(failure)
    return None
