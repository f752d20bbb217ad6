"""The prose of a workpaper: Markdown becomes our own tags and nothing else."""

from __future__ import annotations

import pytest

from close_library.report.prose import prose


@pytest.mark.parametrize(
    ("markdown", "html"),
    [
        ("**bold** and `code`", "<p><strong>bold</strong> and <code>code</code></p>\n"),
        ("# Heading", "<h3>Heading</h3>\n"),
        ("<b onclick=x>raw</b>", "<p>&lt;b onclick=x&gt;raw&lt;/b&gt;</p>\n"),
        ("[text](javascript:x)", "<p>[text](javascript:x)</p>\n"),
        ("![picture](http://example.invalid/p.png)", "<p>![picture](http://example.invalid/p.png)</p>\n"),
        ("<http://example.invalid>", "<p>&lt;http://example.invalid&gt;</p>\n"),
        ("```\n</code><script>x\n```", "<pre><code>&lt;/code&gt;&lt;script&gt;x\n</code></pre>\n"),
        ("[a]\n\n[a]: javascript:x", "<p>[a]</p>\n<p>[a]: javascript:x</p>\n"),
        ("", ""),
    ],
    ids=["emphasis", "heading", "html", "link", "picture", "autolink", "fence", "reference", "nothing"],
)  # fmt: skip
def test_markdown_becomes(markdown: str, html: str) -> None:
    assert str(prose(markdown)) == html


def test_headings_skip_no_level() -> None:
    made = str(prose("### deep\n\n# top\n\n#### deeper\n\n## next\n\n# again"))
    assert [made[place + 1 : place + 3] for place in range(len(made)) if made[place : place + 2] == "<h"] == [
        "h3", "h3", "h4", "h4", "h3",
    ]  # fmt: skip


def test_a_table_is_a_table() -> None:
    assert "<th>term</th>" in prose("| term |\n|---|\n| x |")
