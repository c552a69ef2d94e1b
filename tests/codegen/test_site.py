from pathlib import Path

import pytest
from site_build import stage
from site_changelog import changelog
from site_links import faults
from site_text import Page, full_text, index_text, tokens

ROOT = Path(__file__).parents[2]


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


@pytest.fixture
def site(tmp_path: Path) -> Path:
    write(tmp_path / "index.html", '<a href="guide/#steps">a</a><a href="https://x.test/">b</a>')
    write(tmp_path / "guide" / "index.html", '<h2 id="steps">a</h2><img src="../a.svg#dark">')
    write(tmp_path / "a.svg", "<svg/>")
    write(tmp_path / "guide.md", "[home](index.md) `[code](nowhere.md)`\n")
    write(tmp_path / "index.md", "[guide](guide.md#steps)\n")
    write(tmp_path / "llms.txt", "- [Home](index.md)\n")
    return tmp_path


def test_a_site_whose_links_lead_somewhere_has_no_faults(site: Path):
    assert faults(site) == (5, [])


@pytest.mark.parametrize(
    ("name", "text", "fault"),
    [
        ("index.html", '<a href="gone/">a</a>', "index.html links to gone/, which is not there"),
        (
            "index.html",
            '<a href="guide/#gone">a</a>',
            "index.html links to guide/#gone, which has no such anchor",
        ),
        (
            "index.html",
            '<script src="https://cdn.test/x.js"></script>',
            "index.html loads https://cdn.test/x.js",
        ),
        (
            "index.html",
            '<link rel="stylesheet" href="//fonts.test/x.css">',
            "index.html loads //fonts.test/x.css",
        ),
        ("guide.md", "[a](gone.md)", "guide.md links to gone.md, which is not there"),
        ("llms.txt", "[a](gone.md)", "llms.txt links to gone.md, which is not there"),
    ],
)
def test_what_leads_nowhere_or_comes_from_elsewhere_is_named(
    site: Path, name: str, text: str, fault: str
):
    write(site / name, text)
    assert faults(site)[1] == [fault]


def test_the_changelog_begins_with_what_is_not_released(tmp_path: Path):
    text = "# Changelog\n\n<!-- towncrier release notes start -->\n\n## 1.0\n"
    released = write(tmp_path / "CHANGELOG.md", text)
    write(tmp_path / "changelog.d" / "b.fixed.md", "A fault.\n")
    write(tmp_path / "changelog.d" / "a.added.md", "A thing\nthat is new.\n")
    page = changelog(released, tmp_path / "changelog.d")
    assert page.split("\n\n") == [
        "# Changelog",
        "## Not released yet",
        "### Added",
        "- A thing that is new.",
        "### Fixed",
        "- A fault.",
        "## 1.0\n",
    ]


def test_the_texts_for_agents_list_every_page_and_hold_it_without_twins(tmp_path: Path):
    front = "---\ntitle: x\ndescription: How to begin.\n---\n\n<!-- generated -->\n\n"
    write(tmp_path / "start.md", f"{front}# Start\n\n![a](b.svg)\nGo [on](more/README.md#x).\n")
    write(tmp_path / "more" / "README.md", "# More\n\n[back](../start.md) [one](one.md)\n")
    write(tmp_path / "ref.md", "# Ref\n\n### get\n\nG.\n\n### get_async\n\nGets.\n\n### b\n\nB.\n")
    write(tmp_path / "changelog.md", "# Changelog\n\nOld news.\n")
    pages = [
        Page.read(tmp_path, "start.md", "Start"),
        Page.read(tmp_path, "more/README.md", "Start"),
        Page.read(tmp_path, "ref.md", "Reference"),
        Page.read(tmp_path, "changelog.md", "Project"),
    ]
    assert [page.markdown for page in pages] == ["start.md", "more.md", "ref.md", "changelog.md"]
    assert pages[0].text == "# Start\n\n![a](b.svg)\nGo [on](more.md#x).\n"
    assert pages[1].text == "# More\n\n[back](start.md) [one](more/one.md)\n"
    index = index_text(pages)
    assert "## Start\n\n- [Start](start.md): How to begin.\n- [More](more.md)\n" in index
    full = full_text(pages)
    assert "Page: start.md\n\n# Start\n\nGo [on](more.md#x).\n" in full
    assert "### get\n" in full
    assert "### b\n" in full
    assert "get_async" not in full
    assert "Old news." not in full
    assert tokens("x" * 30) == 10


def test_every_decision_is_listed_on_the_site(tmp_path: Path):
    for name in ("zensical.toml", "docs", "CHANGELOG.md", "changelog.d"):
        (tmp_path / name).symlink_to(ROOT / name)
    stage(tmp_path)
    staged = tmp_path / "build" / "docs"
    listed = (staged / "decisions" / "README.md").read_text(encoding="utf-8")
    records = {path.name for path in (ROOT / "docs" / "decisions").glob("0*.md")}
    assert all(f"]({name})" in listed for name in records)
    assert (staged / "changelog.md").is_file()
