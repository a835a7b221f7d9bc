"""Names of the demo company's people. All are made up; addresses and numbers cannot be anybody's.

Mail goes to example.com (RFC 2606), phone numbers are of the ranges that Ofcom (01632 960) and the
Bundesnetzagentur (030 23125) keep free for films and books.
"""

from __future__ import annotations

_GERMAN = (
    "Anna Björn Clara Dörte Emil Frieda Günther Hanna Jörg Käthe Lukas Marlène".split(),
    "Bäcker Diekmann Fröhlich Großmann Höfer Jäger Köhler Lüders Müller Schäfer Vogt Weiß".split(),
)
_FRENCH = (
    "Aurélie Benoît Cécile Élodie François Gaëlle Hélène Jérôme Léa Noël Renée Zoé".split(),
    "Bérard Châtelain Dubois Fèvre Garçon Lefèvre Marchand Noé Péron Rivière Tréguier Valéry".split(),
)
_NORTHERN = (
    "Åsa Bjørn Dóra Eliška Göran Irén Jakub Łukasz Ólafur Søren Tünde Żaneta".split(),
    "Ångström Čapek Dvořák Horváth Kovács Lindqvist Nowak Ørsted Şahin Szabó Wójcik Þórsson".split(),
)
_CHINESE = (
    "伟 芳 娜 秀英 敏 静 建国 丽华 志强 雨桐 子轩 欣怡".split(),
    "王 李 张 刘 陈 杨 赵 黄 周 吴 欧阳 司徒".split(),
)
OWNERS: tuple[str, ...] = (
    "Amélie Roux",
    "Bernd Köster",
    "Carla Núñez",
    "陈思远",
    "Dagmar Ström",
    "Emre Yıldız",
    "Fiona Walsh",
    "林晓梅",
    "Giulia Rossi",
    "Henrik Sørensen",
)
"""Account owners."""
PHONES: tuple[str, ...] = tuple(f"+44 1632 960{n:03d}" for n in range(1000)) + tuple(
    f"+49 30 23125{n:03d}" for n in range(1000)
)


def names() -> list[str]:
    """Every full name: given and family name, or the other way round for Chinese ones."""
    western = [f"{given} {family}" for half in (_GERMAN, _FRENCH, _NORTHERN) for given in half[0] for family in half[1]]
    return western + [f"{family}{given}" for given in _CHINESE[0] for family in _CHINESE[1]]
