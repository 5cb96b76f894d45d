"""The page of a profile: every count and name, no data, nothing of an input as markup."""

from dataclasses import replace
from pathlib import Path

from scanners.datasets.page import to_html
from scanners.datasets.scan import scan
from scanners.findings import Skipped


def test_the_page_shows_columns_types_and_what_was_not_read(tmp_path: Path) -> None:
    path = tmp_path / "people.csv"
    path.write_text("id_card,<script>x</script>\n" + "110101199003074514,plain\n" * 20)
    profile = scan([path])
    html = to_html(profile, [str(path)], "2026-11-29")
    assert "CN_ID_CARD" in html
    assert "20 rows" in html
    assert "&lt;script&gt;" in html
    assert "<script" not in html
    assert "110101199003074514" not in html
    assert "everything was examined" in html


def test_what_was_not_read_is_never_hidden() -> None:
    profile = replace(scan([]), skipped=tuple(Skipped(f"a.csv: line {n}", "broken <b>") for n in range(300)))
    html = to_html(profile, [], "2026-11-29")
    assert "300 places not examined" in html
    assert "broken &lt;b&gt;" in html
    assert "and 100 more places" in html
