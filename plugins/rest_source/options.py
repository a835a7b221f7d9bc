"""What a params file says of an API."""

from typing import Self

from pydantic import BaseModel, Field, field_validator, model_validator


class Paging(BaseModel):
    """How pages are asked for: by their number, or by a cursor if `next` says where a page holds the next one."""

    param: str = Field("page", examples=["cursor"])
    first: int = Field(1, ge=0, examples=["0"])
    """The number of the first page."""
    next: str | None = Field(None, examples=["paging.next"])
    """The dotted path to the cursor of the next page."""
    size_param: str = Field("limit", examples=["per_page"])
    size: int = Field(500, ge=1, le=100_000, examples=["500"])


class Constant(BaseModel):
    """The same value in every row."""

    value: str = Field(examples=["sale"])


class ApiTable(BaseModel):
    """One base table and where the API has it."""

    url: str = Field(examples=["https://erp.example.com/api/orders"])
    rows: str = Field("", examples=["data.items"])
    """The dotted path to the list of rows within a page; left out: the page is the list."""
    columns: dict[str, str | Constant] = Field(min_length=1, examples=["{order_id: id, customer_id: customer.id}"])
    """For each column of the table the dotted path within a row, or a constant."""
    query: dict[str, str] = Field({}, examples=["{from: '{since}', to: '{as_of}'}"])
    """Further parameters; `{as_of}` and `{since}` stand for the workbook's days."""
    paging: Paging = Paging()

    @field_validator("url")
    @classmethod
    def _of_the_web(cls, url: str) -> str:
        if not url.startswith(("https://", "http://")) or "?" in url:
            raise ValueError("an address begins with https:// and has no query; parameters stand under `query`")
        return url


class RestOptions(BaseModel):
    """Tables of one API."""

    tables: dict[str, ApiTable] = Field(min_length=1)
    token: str = Field("", examples=["secret://env/ERP_TOKEN"])
    """Sent as `Authorization: Bearer`; left out: none is sent."""
    timeout: float = Field(30, gt=0, le=600, examples=["30"])
    """Seconds to wait for an answer."""
    retries: int = Field(4, ge=0, le=10, examples=["4"])
    """Further attempts where the API is overloaded (429, 5xx) or cannot be reached."""
    wait: float = Field(1, ge=0, le=60, examples=["1"])
    """Seconds before the second attempt, and twice as long before each further one."""

    @model_validator(mode="after")
    def _token_is_safe(self) -> Self:
        if self.token and any(
            table.url.startswith("http://") and not _local(table.url) for table in self.tables.values()
        ):
            raise ValueError("a token is sent to https:// addresses alone")
        return self


def _local(url: str) -> bool:
    host = url.removeprefix("http://").partition("/")[0].partition(":")[0]
    return host in ("localhost", "127.0.0.1")
