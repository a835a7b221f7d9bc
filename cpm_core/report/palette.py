"""Colours: Okabe & Ito (2008), told apart with any colour vision, and the greys around them."""

BLUE = "#0072B2"
SKY = "#56B4E9"
GREEN = "#009E73"
ORANGE = "#E69F00"
VERMILLION = "#D55E00"
PURPLE = "#CC79A7"

INK = "#1d232b"
MUTED = "#5b6470"
FAINT = "#8d949d"
RULE = "#d9d5cc"
GRID = "#e8e5de"
PAPER = "#fdfcf9"

SANS = (
    "'Helvetica Neue', 'Segoe UI', Roboto, Arial, 'Noto Sans CJK SC', 'PingFang SC', 'Microsoft YaHei', "
    "'Noto Sans SC', sans-serif"
)
"""The readers' own fonts: none is sent along, none is fetched."""
