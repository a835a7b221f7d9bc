"""A publisher that tells a webhook which KPIs have changed."""

from cpm_core.api import Publisher, Text, hookimpl

CPM_API = 1


def _options():
    from .options import WebhookOptions

    return WebhookOptions


def _send(run, options):
    """Post a line and the changed KPIs.

    Raises:
        DataError: The webhook does not take the message.
    """
    from .message import message
    from .post import post

    post(options.url, message(run, options), options.timeout)


@hookimpl
def cpm_publishers():
    """The publisher that params call `webhook`."""
    return [Publisher(id="webhook", title=Text(en="Webhook", zh="Webhook 通知"), send=_send, options=_options)]
