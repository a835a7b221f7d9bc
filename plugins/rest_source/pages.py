"""Ask an API for one page after the other, and again where that may help."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from http.client import HTTPException
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlencode, urlsplit
from urllib.request import Request, urlopen

from cpm_core.api import DataError

LONGEST_WAIT = 60.0
"""Seconds between two attempts at most, whatever the API asks for."""
AGAIN = (429, 500, 502, 503, 504)


class Api:
    """An API behind one address.

    Args:
        address: Without a query.
        token: Sent as `Authorization: Bearer`; empty: nothing is sent. It stands in no message.
        options: `timeout`, `retries` and `wait`.
        sleep: Waits; a test may take its place.
    """

    def __init__(self, address: str, token: str, options: Any, sleep: Any = time.sleep) -> None:
        self._address, self._token, self._options, self._sleep = address, token, options, sleep

    @property
    def where(self) -> str:
        """The address as a message may show it: a query may hold a key."""
        parts = urlsplit(self._address)
        return f"{parts.scheme}://{parts.hostname}{parts.path}"

    def get(self, query: dict[str, str]) -> Any:
        """One page, as JSON; numbers come as they are written, so that 10.10 stays exact.

        Raises:
            DataError: The API does not answer, refuses, or answers with something else than JSON.
        """
        for attempt in range(self._options.retries + 1):
            try:
                body = self._asked(query)
            except HTTPError as error:
                error.close()
                if error.code not in AGAIN or attempt == self._options.retries:
                    raise DataError(f"the API answers with {error.code}", where=self.where, fix=_fix(error)) from None
                self._sleep(self._pause(attempt, error.headers.get("Retry-After", "")))
            except (OSError, HTTPException) as error:  # no connection, no answer in time, half an answer
                if attempt == self._options.retries:
                    words = f"the API does not answer ({type(error).__name__})"
                    raise DataError(
                        words, where=self.where, fix="Try again later, or set a longer `timeout`."
                    ) from None
                self._sleep(self._pause(attempt, ""))
            else:
                return self._read(body)
        raise AssertionError("the last attempt returns or raises")

    def _asked(self, query: dict[str, str]) -> bytes:
        address = f"{self._address}?{urlencode(query)}" if query else self._address
        request = Request(address, headers={"Accept": "application/json"})  # noqa: S310  # the options allow http(s) alone
        if self._token:
            # Not handed on where the API redirects to another host.
            request.add_unredirected_header("Authorization", f"Bearer {self._token}")
        with urlopen(request, timeout=self._options.timeout) as answer:  # noqa: S310  # as above
            body: bytes = answer.read()
        return body

    def _pause(self, attempt: int, asked: str) -> float:
        """Seconds until the next attempt: what the API asks for, else twice as long each time."""
        seconds = float(asked) if asked.isdecimal() else self._options.wait * 2**attempt
        return min(seconds, LONGEST_WAIT)

    def _read(self, body: bytes) -> Any:
        try:
            return json.loads(body, parse_float=str, parse_int=str)
        except ValueError:
            raise DataError("the API's answer is no JSON", where=self.where, fix="Check `url`.") from None


def pages(api: Api, table: Any, query: dict[str, str]) -> Iterator[list[dict[str, Any]]]:
    """The rows of each page until there are no more.

    Raises:
        DataError: A page is not as the options say, or the same one comes again and again.
    """
    paging, number, cursor, before = table.paging, table.paging.first, None, None
    while True:
        asked = {**query, paging.size_param: str(paging.size)}
        if paging.next is None:
            asked[paging.param] = str(number)
        elif cursor is not None:
            asked[paging.param] = cursor
        page = api.get(asked)
        rows = _rows(api, page, table.rows)
        if rows and rows == before:
            fix = f"Is {paging.param!r} the name that the API gives to its pages?"
            raise DataError("the API gives the same page twice", where=api.where, fix=fix)
        yield rows
        before, number = rows, number + 1
        if paging.next is not None:
            following = found(page, paging.next)
            if following is not None and str(following) == cursor:
                raise DataError("the API gives the same cursor twice", where=api.where)
            cursor = None if following in (None, "") else str(following)
        # An API may give fewer rows than it is asked for: only an empty page is the last one.
        if cursor is None and (paging.next is not None or not rows):
            return


def _rows(api: Api, page: Any, path: str) -> list[dict[str, Any]]:
    rows = found(page, path)
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        what = f"under {path!r}" if path else "in the answer"
        fix = "Let `rows` lead to the list of rows, as data.items."
        raise DataError(f"there is no list of rows {what}", where=api.where, fix=fix)
    return rows


def found(tree: Any, path: str) -> Any:
    """What a dotted path leads to; None where there is nothing."""
    for name in filter(None, path.split(".")):
        tree = tree.get(name) if isinstance(tree, dict) else None
    return tree


def _fix(error: HTTPError) -> str:
    return "See that `token` leads to a valid token." if error.code in (401, 403) else ""
