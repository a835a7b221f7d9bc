"""What params say of a webhook."""

from pydantic import BaseModel, Field, field_validator


class WebhookOptions(BaseModel):
    """Where a message is posted, and of what."""

    url: str = Field(examples=["secret://env/TEAM_WEBHOOK"])
    """The address; of many chats it is the secret."""
    kpis: list[str] = Field([], examples=["[revenue, csat]"])
    """Left out: all."""
    at_least: float = Field(0.05, ge=0, allow_inf_nan=False, examples=["0.05"])
    """Changes below this share of the figure before are not told."""
    timeout: float = Field(10, gt=0, le=120, examples=["10"])

    @field_validator("url")
    @classmethod
    def _of_the_web(cls, url: str) -> str:
        if not url.startswith(("https://", "http://")):
            raise ValueError("an address begins with https://")
        return url
