"""One panel: choose a KPI, a slice and a period, and see chart and table together."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any

from cpm_core.model.errors import MeasureError
from cpm_core.model.text import Text
from cpm_core.report import format as fmt
from cpm_core.report.fragment import Fragment
from cpm_core.report.slices import TOTAL, slice_title
from cpm_core.report.why_view import refusal
from cpm_core.widgets.context import is_report_run

if TYPE_CHECKING:
    from cpm_core.report.kpi_view import KpiView
    from cpm_core.workbook import Workbook

KPI = Text(en="KPI", zh="指标")
SPLIT = Text(en="Split by", zh="拆分维度")
PERIOD = Text(en="Period", zh="期间")
PREVIOUS = Text(en="the period before", zh="上期")
WHY = Text(en="Why it moved", zh="变动原因")


def panel(book: Workbook) -> Panel | Fragment:
    """A workbook's panel; in a report run its static view, as nobody could turn the controls.

    Starts with the first KPI, the first slice that it has, and the as-of period.

    Raises:
        MeasureError: The workbook has no KPI to show.
    """
    if not book.kpis:
        raise MeasureError("there is no KPI to show", fix="`book.kpi_list()` tells why.")
    return _start(book) if is_report_run() else Panel(book)


def _start(book: Workbook) -> Fragment:
    view = book.kpi(book.kpis[0].id)
    return _split(view, next(iter(_slices(book, view)), "")).at(book.period.label)


def _slices(book: Workbook, view: KpiView) -> list[str]:
    """The slices of a view, in the order of the params file."""
    return [name for name in book.params.slices if name in view.slices]


def _split(view: KpiView, name: str) -> KpiView:
    return view.by(name) if name else view


class Panel:
    """Three controls and a button, and below them the chart and table of what they say.

    Attributes:
        kpi: The control that holds a KPI's id.
        slice: The control that holds a slice's name; empty: the total.
        period: The control that holds a period's label.
        why: The button that, while pressed, adds why the figure moved since the period before.
        view: What is shown, as HTML.
        box: All of it, as one widget.
        shown: What is shown now.
    """

    def __init__(self, book: Workbook) -> None:
        import ipywidgets

        self._book = book
        first = book.kpi(book.kpis[0].id)
        look = {"style": {"description_width": "initial"}, "layout": ipywidgets.Layout(width="auto")}

        def control(title: Text, options: list[tuple[str, str]], value: str) -> Any:
            words = title.in_(book.locale)
            return ipywidgets.Dropdown(description=words, options=options, value=value, **look)

        kpis = [(kpi.title.in_(book.locale), kpi.id) for kpi in book.kpis]
        periods = [(fmt.period(label, book.locale), label) for label in reversed(first.periods)]
        slices = self._options(first)
        self.kpi = control(KPI, kpis, first.kpi.id)
        self.slice = control(SPLIT, slices, slices[min(1, len(slices) - 1)][1])
        self.period = control(PERIOD, periods, book.period.label)
        self.why = ipywidgets.ToggleButton(description=WHY.in_(book.locale), layout=ipywidgets.Layout(width="auto"))
        self.view = ipywidgets.HTML(layout=ipywidgets.Layout(margin="10px 0 0"))
        row = ipywidgets.Layout(flex_flow="row wrap", grid_gap="4px 20px")
        self.box = ipywidgets.VBox(
            [ipywidgets.Box([self.kpi, self.slice, self.period, self.why], layout=row), self.view]
        )
        self.shown = Fragment("", "")
        self._show()
        self.kpi.observe(self._choose, "value")
        self.slice.observe(self._show, "value")
        self.period.observe(self._show, "value")
        self.why.observe(self._show, "value")

    def _options(self, view: KpiView) -> list[tuple[str, str]]:
        locale = self._book.locale
        return [(TOTAL.in_(locale), ""), *((slice_title(name, locale), name) for name in _slices(self._book, view))]

    def _choose(self, _: Any) -> None:
        """Another KPI may have other slices; the one that is shown stays if it can."""
        slices, before = self._options(self._book.kpi(self.kpi.value)), self.slice.value
        self.slice.unobserve(self._show, "value")
        self.slice.options = slices
        self.slice.value = before if before in {name for _, name in slices} else ""
        self.slice.observe(self._show, "value")
        self._show()

    def _show(self, _: Any = None) -> None:
        view = _split(self._book.kpi(self.kpi.value), self.slice.value)
        figures = view.at(self.period.value)
        why = self._why() if self.why.value else Fragment("", "")
        self.shown = Fragment(figures.html + why.html, "\n\n".join(one.text for one in (figures, why) if one.text))
        self.view.value = self.shown.html

    def _why(self) -> Fragment:
        """Why the figure moved, by the chosen slice, else by the one that explains most; or why that is not known."""
        try:
            why = self._book.why(self.kpi.value, self.slice.value or None, self.period.value)
        except MeasureError as error:
            told = refusal(error, PREVIOUS.in_(self._book.locale), self._book.locale)
            return Fragment(f"<p>{escape(told)}</p>", told)
        return why.page()

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        """The widget, and beside it what it shows now, for whoever cannot draw widgets."""
        return {**self.box._repr_mimebundle_(), **self.shown._repr_mimebundle_(include, exclude)}
