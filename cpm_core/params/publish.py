"""Keys of one use of a publisher that are the core's: when it is told, how often, and where the share is."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field, PlainSerializer, PlainValidator

from cpm_core.params import values
from cpm_core.params.keys import Keys
from cpm_core.params.values import Name, quoted, wrong

When = Literal["success", "failure", "signal"]
UNITS = {"m": "minutes", "h": "hours", "d": "days"}


def to_list(value: Any) -> Any:
    """One word as a list of one."""
    return [value] if isinstance(value, str) else value


def to_span(value: Any) -> timedelta:
    """Read `30m`, `24h`, `7d`."""
    if isinstance(value, timedelta):
        return value
    found = re.fullmatch(r"(\d{1,4})\s*([mhd])", str(value).strip())
    if found is None or not int(found[1]):
        raise wrong(f"{quoted(value)} is no span of time", fix="Write it as 30m, 24h or 7d.")
    return timedelta(**{UNITS[found[2]]: int(found[1])})


def to_link(value: str) -> str:
    """Check an address that readers open."""
    if re.fullmatch(r"(https?|file)://[^\s<>\"']+", value):
        return value.rstrip("/")
    raise wrong(f"{quoted(value)} is no address", fix="Write where readers open the folder of reports, as https://….")


Span = Annotated[
    timedelta, PlainValidator(to_span), PlainSerializer(lambda span: f"{int(span.total_seconds() // 60)}m", str)
]
Link = Annotated[str, PlainValidator(to_link)]
Moments = Annotated[tuple[When, ...], BeforeValidator(to_list), Field(min_length=1)]


class PublisherUse(Keys):
    """A publisher and its options; the publisher's own model types them later."""

    model_config = ConfigDict(frozen=True, extra="allow")
    use: Name = Field(examples=["folder"])
    """Its name; its own options stand beside it."""
    on: Annotated[Moments, AfterValidator(values.each_once)] = Field(("success",), examples=["[signal, failure]"])
    """What is told: each report that is published; a failure, and that it is over; or a report only if a KPI of the
    as-of period has a signal or misses its target."""
    again_after: Span = Field(timedelta(hours=24), examples=["24h"])
    """After so long a failure that goes on for the same reason is told again."""
    link: Link = Field("", examples=["https://share.example.com/reports"])
    """Where readers open the folder of reports (`--out`), for links in messages; left out: no links."""

    @property
    def options(self) -> dict[str, Any]:
        """Every other key, as text."""
        return dict(self.model_extra or {})
