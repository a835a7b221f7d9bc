"""A publisher that tells a webhook which KPIs have changed."""

import os

from cpm_core.api import DataError, Publisher, Text, hookimpl

CPM_API = 1


def _options():
    from .options import WebhookOptions

    return WebhookOptions


def _send(run, options):
    """Post a line and the changed KPIs.

    Raises:
        DataError: The address is not known, or the webhook does not take the message.
    """
    from .message import message
    from .post import post

    post(_address(options), message(run, options), options.timeout)


def _address(options):
    """Of many chats the address is the secret, so that it may stand in the environment."""
    if options.url:
        return options.url
    if not os.environ.get(options.url_env):
        raise DataError(
            f"the environment variable {options.url_env} is not set", fix="Let it hold the webhook's address."
        )
    return os.environ[options.url_env]


@hookimpl
def cpm_publishers():
    """The publisher that params call `webhook`."""
    return [Publisher(id="webhook", title=Text(en="Webhook", zh="Webhook 通知"), send=_send, options=_options)]
