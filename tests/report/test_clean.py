"""What a notebook put out, made safe."""

import pytest

from cpm_core.report.clean import clean_html, clean_svg


@pytest.mark.parametrize(
    ("html", "gone"),
    [
        ("<p>a</p><script>fetch('http://x')</script>", "fetch"),
        ("<p>a</p><SCRIPT src=//x></SCRIPT >", "//x"),
        ('<p onclick="x()">a</p>', "onclick"),
        ("<p>a<img src=x onerror=alert(1)></p>", "onerror"),
        ('<p>a<img src="http://x/y.png"></p>', "http:"),
        ('<p>a<img srcset="http://x 2x" src="data:image/png;base64,AA=="></p>', "http:"),
        ('<p>a<iframe src="http://x"></iframe></p>', "http:"),
        ('<p>a<iframe srcdoc="<script>1</script>"></iframe></p>', "script"),
        ('<p>a<a href="javascript:alert(1)">b</a></p>', "javascript"),
        ('<p>a<a href=" java&#10;script:alert(1)">b</a></p>', "script:"),
        ('<p>a</p><link rel="stylesheet" href="http://x">', "http:"),
        ('<p>a</p><base href="http://x">', "http:"),
        ('<p>a</p><meta http-equiv="refresh" content="0;url=http://x">', "http:"),
        ('<p>a</p><object data="http://x"></object>', "http:"),
        ('<p>a</p><form action="http://x"><input></form>', "http:"),
        ('<p style="background:url(http://x)">a</p>', "http:"),
        (r'<p style="background:\75rl(http://x)">a</p>', "http:"),
        ("<p style=\"background:image-set('http://x' 1x)\">a</p>", "http:"),
        ("<p>a</p><style>@import 'http://x';</style>", "http:"),
        ("<p>a</p><style>p{background:u/**/rl(http://x)}</style>", "url(http:"),
        ("<p>a</p><style>p{}</style <script>alert(1)</script>", "<script"),
        ("<p>a</p><style>p{}<img src=x onerror=1></style>", "onerror"),
        ('<p>a</p><svg><use href="http://x#y"/></svg>', "http:"),
        ('<p>a</p><svg><image href="http://x/y.png"/></svg>', "http:"),
        ('<p>a</p><svg><rect fill="url(http://x#y)"/></svg>', "http:"),
        ('<p>a</p><svg><a xlink:href="javascript:alert(1)"><text>b</text></a></svg>', "javascript"),
        ("<p>a</p><svg><foreignObject><iframe src=http://x></iframe></foreignObject></svg>", "http:"),
        ("<p>a</p><svg><animate onbegin=alert(1) /><set attributeName=href to=javascript:1 /></svg>", "javascript"),
        ('<p>a</p><video src="http://x" poster="http://x"></video>', "http:"),
        ("<p>a</p><!-- http://x -->", "http:"),
        ("<scr<script></script>ipt>alert(1)</script><p>a</p>", "<script"),
        ("<p>a</p><template><img src=http://x></template>", "http:"),
        ("<p>a</p><noscript><p title='</noscript><img src=x onerror=1>'></noscript>", "onerror"),
        ("<p>a</p><svg><desc><style><img src=http://x onerror=1></style></desc></svg>", "onerror"),
        ("<p>a</p><math><mtext><table><mglyph><style><img src=http://x onerror=1>", "onerror"),
        ("<p>a</p><svg></p><title><img src=http://x onerror=1></title></svg>", "<img"),
        (r'<p>a</p><svg><rect fill="\75rl(http://x#y)"/></svg>', "http:"),
        ("<p>a</p><svg><rect mask=\"image-set('http://x' 1x)\"/></svg>", "http:"),
        ("<p>a</p><plaintext><img src=http://x>", "<img"),
        ("<p>a</p><textarea><img src=http://x onerror=1></textarea>", "<img"),
    ],
)
def test_what_runs_or_fetches_is_gone(html, gone):
    clean = clean_html(html)
    assert gone not in clean
    assert ">a" in clean, "the words stay"


def test_a_still_page_stays_as_it_is():
    html = (
        '<section class="cpm" id="s" lang="zh-CN"><h2>客户 &amp; £</h2><p style="color: red">x<sup><a href="#n">1</a></sup></p>'
        '<details open=""><summary>more</summary><dl><dt>a</dt><dd>b</dd></dl></details>'
        '<table class="t"><thead><tr><th scope="col" id="a">A</th></tr></thead><tbody><tr><td headers="a">1</td></tr></tbody></table>'
        '<img src="data:image/png;base64,AAAA" alt="a &lt; b"></section>'
    )
    assert clean_html(html) == html


def test_svg_keeps_its_letters_and_inner_links():
    svg = (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9" role="img" aria-label="a"><defs><clipPath id="c">'
        '<path d="M0,0h9v9Z"></path></clipPath><linearGradient id="g"></linearGradient></defs>'
        '<g clip-path="url(#c)" fill="url(#g)"><use href="#c"></use><text text-anchor="end">客户</text></g></svg>'
    )
    assert clean_svg(svg) == svg


def test_what_is_left_open_is_closed():
    assert clean_html("<div><table><tr><td>a") == "<div><table><tbody><tr><td>a</td></tr></tbody></table></div>"


def test_svg_loses_its_prolog():
    assert clean_svg('<?xml version="1.0"?><!DOCTYPE svg PUBLIC "a" "http://b"><svg><path d="M0 0"/></svg>') == (
        '<svg><path d="M0 0"></path></svg>'
    )
    assert not clean_svg("no image")


def test_style_sheets_that_fetch_nothing_stay():
    assert clean_html("<style>td > b { content: '\\2014' }</style><p>a</p>") == (
        "<style>td > b { content: '\\2014' }</style><p>a</p>"
    )


def test_links_that_a_reader_follows_stay():
    html = '<p><a href="https://example.org/x">a</a> <a href="mailto:a@example.org">b</a> <a href="workbook.xlsx">c</a></p>'
    assert clean_html(html) == html
