"""The links of the documents lead somewhere."""

import re
from itertools import pairwise
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from markdown_it import MarkdownIt

ROOT = Path(__file__).resolve().parents[1]
DOCUMENTS = [path for path in sorted(ROOT.rglob("*.md")) if not {".venv", ".data", "node_modules"} & {*path.parts}]


def links(document):
    """What a document links to and shows."""
    for token in MarkdownIt("commonmark").parse(document.read_text()):
        for child in token.children or ():
            target = child.attrGet("href") or child.attrGet("src")
            if target:
                yield str(target)


def anchors(document):
    """The names by which one links to a document's headings."""
    tokens = MarkdownIt("commonmark").parse(document.read_text())
    headings = [after.content for token, after in pairwise(tokens) if token.type == "heading_open"]
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_there_are_documents():
    assert {ROOT / "README.md", ROOT / "CONTRIBUTING.md"} <= {*DOCUMENTS}


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_each_link_within_the_project_leads_to_a_file_and_a_heading_that_are_there(document):
    for link in links(document):
        url = urlsplit(link)
        if url.scheme or url.netloc:
            continue
        target = document.parent / unquote(url.path) if url.path else document
        assert target.exists(), link
        if url.fragment:
            assert unquote(url.fragment) in anchors(target), link


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_each_file_of_code_and_tests_that_is_named_is_there(document):
    named = re.findall(r"`((?:tests|services|envoy|protos|docs)/[\w./-]+)`", document.read_text())
    assert [path for path in named if not (ROOT / path).exists()] == []
