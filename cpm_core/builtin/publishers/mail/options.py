"""What params say of mails."""

from __future__ import annotations

import re
from string import Formatter
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

_ADDRESS = re.compile(r"(?:(?P<name>[^<>\r\n]*)<)?(?P<address>[!-~]+@[a-zA-Z0-9.-]+)(?(name)>)")
PORTS = {"starttls": 587, "ssl": 465, "none": 25}
PARTS = ("title", "period", "workbook", "report", "as_of")
"""What a subject may name."""


def _address(value: str) -> str:
    found = _ADDRESS.fullmatch(value.strip())
    if found is None or re.search(r'[<>()\[\]\\,;:"]', found["address"]):
        raise ValueError(f"{value!r} is no address; write it as name@example.com")
    return value.strip()


def _bare(value: str) -> str:
    if _ADDRESS.fullmatch(value.strip()) is not None and "<" in value:
        raise ValueError(f"{value!r} has a name; write the address alone")
    return _address(value)


def _list(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


def _subject(value: str) -> str:
    try:
        named = [name for _, name, _, _ in Formatter().parse(value) if name is not None]
    except ValueError:
        named = [""]
    if wrong := [name for name in named if name not in PARTS]:
        raise ValueError(
            f"a subject cannot name {{{wrong[0]}}}; it may name {', '.join(f'{{{one}}}' for one in PARTS)}"
        )
    return value


SHOWN: dict[str, Any] = {"shown": True}
"""What those who get a mail see of it, and what the outbox names them by: no secret may stand there."""
Addresses = Annotated[list[Annotated[str, AfterValidator(_bare)]], BeforeValidator(_list)]


class MailOptions(BaseModel):
    """By which server mails are sent, from whom, and to whom."""

    model_config = ConfigDict(populate_by_name=True)

    host: str = Field(min_length=1, examples=["smtp.example.com"])
    port: int | None = Field(None, ge=1, le=65535, examples=[587])
    """Left out: 587, with `ssl` 465, without `security` 25."""
    security: Literal["starttls", "ssl", "none"] = "starttls"
    user: str = Field("", examples=["reports"])
    """Left out: nobody logs in."""
    password: str = Field("", repr=False, examples=["secret://env/SMTP_PASSWORD"])
    sender: Annotated[str, AfterValidator(_address)] = Field(
        alias="from", examples=["Reports <reports@example.com>"], json_schema_extra=SHOWN
    )
    to: Addresses = Field(min_length=1, examples=["[boss@example.com]"], json_schema_extra=SHOWN)
    cc: Addresses = Field([], examples=["[team@example.com]"], json_schema_extra=SHOWN)
    bcc: Addresses = Field([], examples=["[archive@example.com]"], json_schema_extra=SHOWN)
    subject: Annotated[str, AfterValidator(_subject)] = Field(
        "", examples=["{title}, {period}"], json_schema_extra=SHOWN
    )
    """Left out: title and period. That a report failed stands before it."""
    figures: int = Field(10, ge=0, le=100)
    """How many figures the mail shows at most; those to look at come first."""
    charts: int = Field(4, ge=0, le=12)
    """How many of them with a chart."""
    attach: bool = True
    """Whether `workbook.xlsx` is attached, if it was made."""
    attach_up_to: float = Field(10, gt=0, le=100)
    """Megabytes: a larger workbook is not attached, and the mail says where it is."""
    timeout: float = Field(30, gt=0, le=600)
    """Seconds without an answer of the server; it may take five times as long to accept a mail."""

    @property
    def its_port(self) -> int:
        """The port."""
        return self.port or PORTS[self.security]
