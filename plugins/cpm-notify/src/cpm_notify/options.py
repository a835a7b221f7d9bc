"""What params say of a webhook."""

from typing import Self

from pydantic import BaseModel, Field, model_validator


class WebhookOptions(BaseModel):
    """Where a message is posted, and of what."""

    url: str = Field("", examples=["https://hooks.example.com/team"])
    url_env: str = Field("", examples=["TEAM_WEBHOOK"])
    """The environment variable that holds the address, where it is a secret."""
    kpis: list[str] = Field([], examples=["[revenue, csat]"])
    """Left out: all."""
    at_least: float = Field(0.05, ge=0, allow_inf_nan=False, examples=["0.05"])
    """Changes below this share of the figure before are not told."""
    timeout: float = Field(10, gt=0, le=120, examples=["10"])

    @model_validator(mode="after")
    def _one_address(self) -> Self:
        if bool(self.url) == bool(self.url_env):
            raise ValueError("write either url or url_env")
        if self.url and not self.url.startswith(("https://", "http://")):
            raise ValueError("url begins with https://")
        return self
