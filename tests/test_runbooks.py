"""The runbooks: a page for each alert rule, and nothing on a page that is not there."""

import json
import re
import shlex
import subprocess
from functools import cache
from pathlib import Path

import asyncpg
import pytest
import yaml
from google.protobuf import descriptor_pb2
from markdown_it import MarkdownIt

from services.catalog import SERVICES
from services.cli.main import build_parser
from services.local.monitoring import RULES
from tests.test_documents import settings_read_in

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "docs" / "runbooks"
INDEX = FOLDER / "README.md"
PAGES = sorted(FOLDER.glob("Montrg*.md"))
SEVERITIES = ("critical", "warning", "none")
SECTIONS = ["Meaning", "First look", "Causes and remedies", "Lost and not lost", "Afterwards"]

every_page = pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
every_document = pytest.mark.parametrize("page", [INDEX, *PAGES], ids=lambda page: page.stem)


@cache
def alert_rules():
    """Every alert rule; one with two severities has two entries."""
    files = [yaml.safe_load(file.read_text()) for file in sorted(RULES.glob("*.yml"))]
    return [rule for file in files for group in file["groups"] for rule in group["rules"] if "alert" in rule]


def severities(name):
    """What the entries of a rule are labelled with; a label that depends on another one names several."""
    words = " ".join(rule["labels"]["severity"] for rule in alert_rules() if rule["alert"] == name)
    return {word for word in SEVERITIES if re.search(rf"\b{word}\b", words)}


def test_every_rule_has_a_page_and_every_page_a_rule():
    assert {rule["alert"] for rule in alert_rules()} == {page.stem for page in PAGES}


def test_every_rule_leads_to_its_page():
    for rule in alert_rules():
        assert rule["annotations"]["runbook_url"].endswith(f"/{rule['alert']}.md"), rule["alert"]


@every_page
def test_a_page_begins_with_the_severity_of_its_rule(page):
    words = re.match(r"Severity ([a-z ]+)[.:] ", page.read_text().split("\n")[2])
    assert words
    assert {*words[1].split(" or ")} == severities(page.stem)


def test_the_index_has_every_page_once_with_its_severity():
    rows = re.findall(r"^\| ([\w ]+) \| \[(\w+)\]\((\w+)\.md\) \| .+ \|$", INDEX.read_text(), re.MULTILINE)
    assert sorted(name for _, name, _ in rows) == [page.stem for page in PAGES]
    for words, name, target in rows:
        assert name == target
        assert {*words.split(" or ")} == severities(name), name


@every_page
def test_all_pages_are_short_and_of_one_shape(page):
    lines = page.read_text().splitlines()
    assert lines[0] == f"# {page.stem}"
    assert [line.removeprefix("## ") for line in lines if line.startswith("## ")] == SECTIONS
    assert 40 <= len(lines) <= 70


def code(page):
    """What a page has people type: its fenced blocks, in which what is quoted may go over several lines."""
    return [token.content for token in MarkdownIt("commonmark").parse(page.read_text()) if token.type == "fence"]


def shown(page):
    """Everything that is set as code: the fenced and indented blocks, and what is inline."""
    tokens = MarkdownIt("commonmark").enable("table").parse(page.read_text())
    blocks = [token.content for token in tokens if token.type in ("fence", "code_block")]
    return blocks + [child.content for t in tokens for child in t.children or () if child.type == "code_inline"]


def commands(page):
    """The words of every `montrg` command that a page names."""
    for part in shown(page):
        for found in re.finditer(r"(?:^|[;|&] *|[A-Z_]+=\S+ )montrg( [^#`\n;|&>]+)", part, re.MULTILINE):
            yield shlex.split(found[1])


@every_document
def test_every_command_that_is_named_is_understood(page):
    for words in commands(page):
        build_parser().parse_args(words)  # else it ends here


PLACE = r"[^/?'\"`\s]+"


@cache
def paths_of(service):
    """What a service's REST port answers: a pattern for each path, and its methods with the names of their queries."""
    document = json.loads((ROOT / "gen" / "openapi" / f"{service}.json").read_text())
    found = []
    for path, methods in document["paths"].items():
        pattern = "".join(PLACE if part.startswith("{") else re.escape(part) for part in re.split(r"({\w+})", path))
        queries = {
            method.upper(): {each["name"] for each in operation.get("parameters", []) if each["in"] == "query"}
            for method, operation in methods.items()
            if isinstance(operation, dict)
        }
        found.append((re.compile(rf"{pattern}/?"), queries))
    return found


def is_answered(service, method, path, queries):
    """Tells whether a service has a path, for a method and with these names in the query."""
    return any(
        pattern.fullmatch(path) and method in found and queries <= found[method]
        for pattern, found in paths_of(service.name)
    )


@every_document
def test_every_rest_path_that_is_named_is_there_at_that_port(page):
    for part in shown(page):
        text = part.replace("\\\n", "")
        for found in re.finditer(r"(-X POST )?[\"']?\$M:(\d+)(/api/[^\s\"'?`]+)(?:\?([^\s\"'`]*))?", text):
            (service,) = (each for each in SERVICES if each.rest_port == int(found[2]))
            queries = {pair.partition("=")[0] for pair in (found[4] or "").split("&") if pair}
            assert is_answered(service, "POST" if found[1] else "GET", found[3], queries), found[0]
        for found in re.finditer(r"(?<![\d\w])(/api/v1/[^\s\"'?`]+)", part):
            assert any(pattern.fullmatch(found[1]) for each in SERVICES for pattern, _ in paths_of(each.name)), found[0]


@every_document
def test_every_grpc_method_that_is_named_is_there(page):
    files = descriptor_pb2.FileDescriptorSet.FromString((ROOT / "gen" / "montrg.binpb").read_bytes()).file
    methods = {
        f"{file.package}.{service.name}/{method.name}"
        for file in files
        for service in file.service
        for method in service.method
    } | {"grpc.health.v1.Health/Check"}
    for part in shown(page):
        assert {*re.findall(r"\b(?:montrg|grpc)[\w.]+\.v1\.\w+/\w+", part)} <= methods


SETTING = re.compile(r"MONTRG_([A-Z][A-Z_]*[A-Z])")


@cache
def known_settings():
    """Every name of a setting that the code reads or tells of, without its prefix."""
    folder = ROOT / "services"
    texts = [file.read_text() for file in folder.rglob("*.py")]
    return {name for text in texts for name in SETTING.findall(text)} | {*settings_read_in(folder)}


@every_document
def test_every_setting_that_is_named_is_read(page):
    assert {*SETTING.findall(page.read_text())} <= known_settings()


@cache
def known_figures():
    """Every name that the code gives to a figure."""
    texts = [file.read_text() for file in (ROOT / "services").rglob("*.py")]
    return {name for text in texts for name in re.findall(r"[\"'](montrg_[a-z_]+)[\"']", text)}


def is_told(name):
    """Tells whether the code gives a figure that name, or one that begins so where alternatives follow."""
    if name.endswith("_"):
        return any(known.startswith(name) for known in known_figures())
    # A counter and a histogram are shown under several names.
    return re.sub(r"_(total|sum|count|bucket)$", "", name) in known_figures()


@every_document
def test_every_figure_that_is_named_is_told(page):
    others = {service.role for service in SERVICES}
    named = {name for part in shown(page) for name in re.findall(r"\bmontrg_[a-z_]*", part)} - others
    assert {name for name in named if not is_told(name)} == set()


def fields_of_the_access_log(page):
    """The fields that a page names beside Envoy's access log."""
    for line in page.read_text().splitlines():
        if "access log" in line:
            yield from re.findall(r"`([a-z_]+)`", line)


def test_every_field_of_the_access_log_that_is_named_is_there():
    known = yaml.safe_load((ROOT / "envoy" / "access_log.yaml").read_text())["typed_config"]["log_format"][
        "json_format"
    ]
    named = [(page.stem, field) for page in PAGES for field in fields_of_the_access_log(page)]
    assert {field for _, field in named} <= known.keys(), named
    assert {"MontrgErrorRateHigh", "MontrgOverloaded"} == {page for page, field in named if field == "client"}


@every_page
def test_where_a_page_needs_the_callers_address_it_says_how_there_is_one(page):
    if "client" in fields_of_the_access_log(page):
        assert "MONTRG_LOG_CLIENT_ADDRESS=on" in page.read_text()


def queries(page):
    """The statements that a page gives to `q`."""
    for part in shown(page):
        for statement in re.findall(r"\bq \"([^\"]+)\"", part):
            if "PID" not in statement:
                yield statement


@every_document
async def test_every_query_can_be_asked(page, admin_url):
    connection = await asyncpg.connect(admin_url)
    try:
        for statement in queries(page):
            await connection.fetch(statement)
    finally:
        await connection.close()


PLACES = ("One machine", "compose", "Kubernetes")
STATUS_PORT = re.compile(r"\$M:30009\b")


def test_the_names_of_the_commands_are_the_same_in_every_place():
    blocks = [block for block in code(INDEX) if "front()" in block]
    for block, place in zip(blocks, PLACES, strict=True):
        assert block.startswith(f"# {place}")
        subprocess.run(["bash", "-n"], input=block, text=True, check=True)
        assert sorted(re.findall(r"^(\w+)\(\)", block, re.MULTILINE)) == ["figures", "front", "logs", "q"]
        assert re.search(r"^M=", block, re.MULTILINE)


@every_page
def test_what_envoy_tells_is_asked_for_by_the_command_of_every_place(page):
    assert not STATUS_PORT.search(page.read_text())
    asked = [found for part in code(page) for found in re.findall(r"^front (\S+) (\S+)", part, re.MULTILINE)]
    assert {name for name, _ in asked} <= {service.name for service in SERVICES}
    assert {path for _, path in asked} <= {"/stats/prometheus", "/targets", "/ready"}


def test_there_are_commands_and_queries_to_check():
    assert all("doctor" in [words[0] for words in commands(page)] for page in PAGES if page.stem != "MontrgWatchdog")
    assert len([statement for page in PAGES for statement in queries(page)]) > 20
