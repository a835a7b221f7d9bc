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
    """The publisher that params call `changed_kpis`."""
    return [
        Publisher(id="changed_kpis", title=Text(en="KPIs that changed", zh="变化的指标"), send=_send, options=_options)
    ]
