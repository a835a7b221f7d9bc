"""What params say of a chat."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import BaseModel, Field, model_validator

SIGNING = ("dingtalk", "feishu")


class WebhookOptions(BaseModel):
    """Which chat is told, and where it listens."""

    kind: Literal["wecom", "dingtalk", "feishu", "slack"]
    url: str = Field(repr=False, examples=["secret://env/CHAT_URL"])
    """The robot's address. Whoever knows it may write to the chat: it is a secret."""
    secret: str = Field("", repr=False, examples=["secret://env/CHAT_SECRET"])
    """What DingTalk and Feishu sign messages with; left out: they are not signed."""
    figures: int = Field(8, ge=0, le=30)
    """How many figures are told at most; those to look at come first."""
    timeout: float = Field(10, gt=0, le=120)
    """Seconds."""

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if not self.url.startswith(("https://", "http://")):
            raise ValueError("url is an address that begins with https://")
        if self.secret and self.kind not in SIGNING:
            raise ValueError(f"messages to {self.kind} are not signed; take secret out")
        return self
