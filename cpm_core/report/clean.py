"""What a notebook put out, made safe to open from a mail: no script, no handler, no request."""

from __future__ import annotations

import re
from functools import cache
from html import escape
from string import ascii_lowercase
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nh3 import Cleaner

_HTML = """
a abbr article aside b bdi bdo blockquote br caption cite code col colgroup dd del details dfn div dl dt em figcaption
figure footer h1 h2 h3 h4 h5 h6 header hr i img ins kbd li main mark nav ol p pre q rp rt ruby s samp section small span
strong sub summary sup table tbody td tfoot th thead time tr u ul var wbr
"""
_SVG = """
svg g defs symbol use title desc path rect circle ellipse line polyline polygon text tspan textPath image clipPath mask
pattern linearGradient radialGradient stop marker filter feGaussianBlur feOffset feMerge feMergeNode feColorMatrix feBlend
feFlood feComposite
"""
TAGS = frozenset((_HTML + _SVG).split())
_STYLE = re.compile(r"<style\b[^>]*>(.*?)</style\s*>", re.IGNORECASE | re.DOTALL)
_DROPPED = frozenset("script style iframe object embed noscript template foreignObject".split())
"""Tags whose content goes with them; of others that are not allowed the words stay."""
_PAINTS = frozenset("fill stroke mask filter clip-path cursor marker marker-start marker-mid marker-end".split())
"""SVG's attributes that are read as CSS and may lead to an image."""
_NEVER = frozenset(("srcset", "srcdoc", "action", "formaction", "background", "ping", "xmlns:xlink"))
_FETCHES = re.compile(r"@import|@font-face|url\s*\(|image(?:-set)?\s*\(|\bsrc\s*\(|expression\s*\(|<", re.IGNORECASE)
_ESCAPED = re.compile(r"\\(?:([0-9a-f]{1,6})\s?|(.))", re.IGNORECASE | re.DOTALL)
_INNER_URL = re.compile(r"url\(\s*(['\"]?)#[\w-]+\1\s*\)", re.IGNORECASE)
_INLINE_IMAGE = re.compile(r"data:image/(?:png|jpeg|gif|webp|svg\+xml)[;,]", re.IGNORECASE)


def clean_html(html: str) -> str:
    """Only tags and attributes of a page at rest; what would fetch or run is left out, its words stay."""
    styles = [_css(match[1]) for match in _STYLE.finditer(html)]
    kept = "".join(f"<style>{style}</style>" for style in styles if style.strip())
    return f"{kept}{_cleaner().clean(_STYLE.sub('', html))}"


def clean_svg(svg: str) -> str:
    """An SVG image, from its root tag on."""
    start = svg.find("<svg")
    return clean_html(svg[start:]) if start >= 0 else ""


def image(data: str, mime: str, alt: str) -> str:
    """An image within the page. ``data`` is base64."""
    return f'<img src="data:{mime};base64,{"".join(data.split())}" alt="{escape(alt)}">'


@cache
def _cleaner() -> Cleaner:
    from nh3 import Cleaner

    return Cleaner(
        tags=set(TAGS),
        clean_content_tags=set(_DROPPED),
        # Every attribute that has a name: `_attribute` decides.
        attributes={"*": set()},
        generic_attribute_prefixes=set(ascii_lowercase),
        attribute_filter=_attribute,
        url_schemes={"http", "https", "mailto", "data"},
        link_rel=None,
        strip_comments=True,
    )


def _attribute(tag: str, name: str, value: str) -> str | None:
    """An attribute's value as it stays; None: it goes. nh3 tells ``name`` without its namespace (`xlink:`)."""
    if not _allowed(tag, name.lower(), value):
        return None
    return _inline(value) if name == "style" else value


def _allowed(tag: str, name: str, value: str) -> bool:
    """Whether an attribute stays. Links lead out only when a reader follows them; nothing is fetched."""
    if name.startswith("on") or name in _NEVER:
        return False
    if name in ("href", "src"):
        plain = value.strip()
        if name == "href" and tag == "a":
            return plain.startswith(("#", "http://", "https://", "mailto:")) or ":" not in plain
        return plain.startswith("#") if tag not in {"img", "image"} else bool(_INLINE_IMAGE.match(plain))
    if name in _PAINTS:
        return not _fetches(value)
    return name == "style" or "url(" not in _INNER_URL.sub("", value).lower()


def _inline(style: str) -> str:
    """What a `style` attribute says, without what would fetch."""
    parts = (part.strip() for part in style.split(";"))
    return "; ".join(part for part in parts if part and not _fetches(part))


def _css(sheet: str) -> str:
    """A style sheet that fetches nothing; one that tries to is left out whole."""
    plain = re.sub(r"/\*.*?\*/", "", sheet, flags=re.DOTALL)
    return "" if _fetches(plain) else plain


def _fetches(css: str) -> bool:
    r"""Whether it would load something, or break out of its element; CSS escapes (`\75rl(`) hide nothing."""
    plain = _ESCAPED.sub(lambda found: chr(int(found[1], 16) % 0x110000) if found[1] else found[2], css)
    return bool(_FETCHES.search(_INNER_URL.sub("", plain)))
