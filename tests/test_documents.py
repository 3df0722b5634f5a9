"""What the documents name is there: links, tests, settings."""

import ast
import re
from itertools import pairwise
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from markdown_it import MarkdownIt

from services.catalog import SERVICES
from services.cli import envoy

ROOT = Path(__file__).resolve().parents[1]
DOCUMENTS = [path for path in sorted(ROOT.rglob("*.md")) if not {".venv", ".data", "node_modules"} & {*path.parts}]


def links(document):
    """What a document links to and shows."""
    for token in MarkdownIt("commonmark").parse(document.read_text()):
        if token.type == "html_block":
            yield from re.findall(r'\b(?:src|srcset|href)="([^"]+)"', token.content)
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


TESTS = {path.name for path in (ROOT / "tests").rglob("*.py")}
READ_BY = {"text", "integer", "choice", "target", "addresses", "numeric_address", "zone"}
# Of a whole mesh on one machine, read beside what each service reads.
NOT_OF_A_SERVICE = {"PORT_OFFSET"}


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_each_file_of_code_and_tests_that_a_document_names_is_there(document):
    tokens = MarkdownIt("commonmark").enable("table").parse(document.read_text())
    code = [child.content for token in tokens for child in token.children or () if child.type == "code_inline"]
    missing = {
        name
        for name in code
        if re.fullmatch(r"(tests|services|envoy|protos|docs)/[\w/.-]+", name) and not (ROOT / name).exists()
    }
    missing |= {name for name in code if re.fullmatch(r"test_\w+\.py", name) and name not in TESTS}
    assert not missing


def settings_read_in(folder):
    """The names that the modules in a folder give to an Environment."""
    for path in folder.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in READ_BY:
                reader, name = ast.unparse(node.func.value), node.args[0] if node.args else None
                if reader.endswith("environment") and isinstance(name, ast.Constant):
                    yield name.value


@pytest.mark.parametrize("service", SERVICES, ids=lambda service: service.name)
def test_the_example_of_settings_has_each_that_the_service_reads_and_no_other(service):
    folder = ROOT / "services"
    common = {*settings_read_in(folder / "common")} - NOT_OF_A_SERVICE
    own = {*settings_read_in(folder / service.name), *(f"{called.upper()}_SERVICE_URL" for called in service.calls)}
    example = (folder / service.name / "env.example").read_text()
    named = re.findall(r"^(?:# )?(?:MONTRG_)?([A-Z][A-Z0-9_]*)=", example, re.MULTILINE)
    # The name of the folder is an argument.
    assert {*named} == common | own | {"CERTS_DIR"}
    assert len(named) == len({*named})


def test_the_help_of_envoy_has_each_setting_that_it_reads():
    named = {*re.findall(r"MONTRG_([A-Z_]+)", envoy.EDGE + envoy.SIDECAR)}
    assert {*settings_read_in(ROOT / "services" / "mesh")} <= named
