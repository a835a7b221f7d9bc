"""What a notebook put out, made safe to open from a mail: no script, no handler, no request."""

from __future__ import annotations

import re
from html import escape
from typing import Any

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
_DROPPED = re.compile(
    r"<(script|iframe|object|embed|noscript|template|foreignObject)\b[^>]*>.*?</\1\s*>",
    re.IGNORECASE | re.DOTALL,
)
_FETCHES = re.compile(r"@import|@font-face|url\s*\(|image(?:-set)?\s*\(|\bsrc\s*\(|expression\s*\(|<", re.IGNORECASE)
_ESCAPED = re.compile(r"\\(?:([0-9a-f]{1,6})\s?|(.))", re.IGNORECASE | re.DOTALL)
_INNER_URL = re.compile(r"url\(\s*(['\"]?)#[\w-]+\1\s*\)", re.IGNORECASE)
_INLINE_IMAGE = re.compile(r"data:image/(?:png|jpeg|gif|webp|svg\+xml)[;,]", re.IGNORECASE)


def clean_html(html: str) -> str:
    """Only tags and attributes of a page at rest; what would fetch or run is left out, its words stay."""
    styles = [_css(match[1]) for match in _STYLE.finditer(html)]
    rest = _DROPPED.sub("", _STYLE.sub("", html))
    kept = "".join(f"<style>{style}</style>" for style in styles if style.strip())
    return f"{kept}{_cleaner().clean(rest)}"


def clean_svg(svg: str) -> str:
    """An SVG image, from its root tag on."""
    start = svg.find("<svg")
    return clean_html(svg[start:]) if start >= 0 else ""


def image(data: str, mime: str, alt: str) -> str:
    """An image within the page. ``data`` is base64."""
    return f'<img src="data:{mime};base64,{"".join(data.split())}" alt="{escape(alt)}">'


def _cleaner() -> Any:
    from bleach.sanitizer import Cleaner  # type: ignore[import-untyped]  # bleach ships no types

    return Cleaner(
        tags=TAGS,
        attributes=_allowed,
        protocols=["http", "https", "mailto", "data"],
        strip=True,
        strip_comments=True,
        css_sanitizer=_InlineStyles(),
    )


def _allowed(tag: str, name: str, value: str) -> bool:
    """Whether an attribute stays. Links lead out only when a reader follows them; nothing is fetched."""
    lower, plain = name.lower(), value.strip()
    if lower.startswith("on") or lower in (
        "srcset",
        "srcdoc",
        "action",
        "formaction",
        "background",
        "ping",
        "xmlns:xlink",
    ):
        return False
    if lower == "href" and tag == "a":
        return plain.startswith(("#", "http://", "https://", "mailto:")) or ":" not in plain
    if lower in ("href", "src"):
        return plain.startswith("#") if tag not in {"img", "image"} else bool(_INLINE_IMAGE.match(plain))
    return lower == "style" or "url(" not in _INNER_URL.sub("", value).lower()


class _InlineStyles:
    """bleach's hook for `style` attributes."""

    def sanitize_css(self, style: str) -> str:
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
