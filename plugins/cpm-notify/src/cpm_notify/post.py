"""One POST, whose address stands in no message."""

import json
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from cpm_core.api import DataError


def post(address, message, timeout):
    """Send JSON.

    Raises:
        DataError: The webhook refuses it, or does not answer.
    """
    body = json.dumps(message, ensure_ascii=False).encode()
    request = Request(address, data=body, headers={"Content-Type": "application/json; charset=utf-8"})  # noqa: S310  # the params' own address
    try:
        with urlopen(request, timeout=timeout):  # noqa: S310  # as above
            pass
    except HTTPError as error:
        error.close()
        raise DataError(f"the webhook answers with {error.code}") from None
    except (OSError, ValueError) as error:
        raise DataError(f"the webhook does not answer ({type(error).__name__})") from None
