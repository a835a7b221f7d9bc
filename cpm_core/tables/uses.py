"""The sources that a params file names, with their options."""

from __future__ import annotations

from cpm_core.hooks.agreement import options_of, texts_in
from cpm_core.hooks.registry import Registry
from cpm_core.model.secrets.references import resolved
from cpm_core.params.schema import Params
from cpm_core.tables.prepare import Use


def uses_of(params: Params, registry: Registry) -> list[Use]:
    """The sources with their options, and where these are written."""
    uses = []
    for index, use in enumerate(params.sources):
        source = registry.sources[use.use].item
        options = options_of(source.options, use.options, params, ("sources", index), [])
        places = {resolved(text): params.where("sources", index, *loc) for loc, text in texts_in(use.options)}
        uses.append(Use(use.use, source, options, params.folder, places))
    return uses
