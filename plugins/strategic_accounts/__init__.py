"""For a company that has named its strategic accounts: a tier rule, and a section on customers at risk."""

from cpm_core.api import hookimpl

from . import rule, section

CPM_API = 1
__version__ = "1.0"


@hookimpl
def cpm_tier_rules():
    """The rule that params call `strategic_accounts`."""
    return [rule.STRATEGIC_ACCOUNTS]


@hookimpl
def cpm_report_sections():
    """On the page of every workbook that sorts by this rule."""
    return [section.AT_RISK]
