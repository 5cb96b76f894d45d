"""pii_detect and pii_redact end to end, with Presidio, in this process."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import anyio
import pytest
from pydantic import ValidationError

from scanners.documents.document import CannotBeRedacted
from scanners.errors import YumenError
from scanners.findings import Report, Verdict
from scanners.personal_data.vault import TokenUnreadable
from scanners.texts import TextNotUtf8
from tools.datasets import ProfileArguments, RiskArguments, dataset_profile, dataset_risk
from tools.pii_detect import pii_detect
from tools.pii_inputs import DetectArguments
from tools.pii_redact import RedactArguments, pii_redact
from tools.pii_tokens import EraseArguments, RestoreArguments, pii_erase, pii_restore

ID = "110101199003074514"


@dataclass(frozen=True)
class Person:
    subject: str = "ann"
    tenant: str = "acme"
    roles: tuple[str, ...] = ()


@dataclass
class Context:
    data_dir: Path
    caller: Person = field(default_factory=Person)

    def resolve(self, target: str) -> Path:
        return self.data_dir / target

    async def scan(
        self, function: Callable[..., Any], *arguments: Any, writable: tuple[Path, ...] = (), **keywords: Any
    ) -> Any:
        return function(*arguments, **keywords)

    async def verdict(self, report: Report) -> Verdict:
        return "unknown" if report.coverage.skipped else "fail" if report.findings else "pass"

    async def evaluate(self, entrypoint: str, document: Mapping[str, Any]) -> Any:
        raise NotImplementedError

    def service(self, kind: type) -> Any:
        raise NotImplementedError


@pytest.fixture
def context(tmp_path: Path) -> Context:
    return Context(tmp_path)


def detect(context: Context, **arguments: Any) -> Any:
    return anyio.run(pii_detect, DetectArguments(**arguments), context)


def redact(context: Context, **arguments: Any) -> Any:
    return anyio.run(pii_redact, RedactArguments(**arguments), context)


def test_entities_come_with_places_and_never_with_the_data(context: Context) -> None:
    answer = detect(context, text=f"身份证{ID}，手机13812345678")
    assert answer.counts == {"CN_ID_CARD": 1, "PHONE_NUMBER": 1}
    assert answer.verdict == "fail"
    assert [(e.type, e.start, e.end) for e in answer.entities] == [("CN_ID_CARD", 3, 21), ("PHONE_NUMBER", 24, 35)]
    assert ID not in answer.model_dump_json()
    assert answer.subject.digest.startswith("hmac-sha256:")


def test_presidio_and_the_inline_path_find_the_same(context: Context) -> None:
    from scanners.personal_data import inline

    text = (
        f"张三，身份证{ID}，手机13812345678。John Smith, SSN 219-09-9998, https://a.example.com/x " + "填充 " * 700
    ) * 8
    assert detect(context, text=text).entities == tuple(inline.find(text))


@pytest.mark.parametrize(
    ("method", "expected"),
    [("mask", "手机***********"), ("replace", "手机<PHONE_NUMBER>"), ("hash", "手机<PHONE_NUMBER:")],
)
def test_text_is_redacted(context: Context, method: str, expected: str) -> None:
    answer = redact(context, text="手机13812345678", method=method)
    assert answer.text.startswith(expected)
    assert answer.verdict == "pass"


def test_a_json_value_is_redacted_by_path(context: Context) -> None:
    answer = redact(context, value={"user": {"phone": "13812345678"}, "n": 3})
    assert answer.value == {"user": {"phone": "<PHONE_NUMBER>"}, "n": 3}
    assert answer.entities[0].path == "/user/phone"


def test_a_text_file_is_redacted_and_named_by_its_digest(context: Context) -> None:
    (context.data_dir / "a.txt").write_text("\ufeffmail a@b.com", encoding="utf-8")
    answer = redact(context, target="a.txt")
    assert answer.text == "mail <EMAIL_ADDRESS>"
    assert answer.subject.digest.startswith("sha256:")


def test_a_file_that_is_not_utf8_is_an_error_that_names_the_byte(context: Context) -> None:
    (context.data_dir / "gbk.txt").write_bytes(b"name: " + "张三".encode("gb18030"))
    with pytest.raises(TextNotUtf8, match="byte 6"):
        detect(context, target="gbk.txt")


@pytest.mark.parametrize(
    "arguments", [{}, {"text": "a", "value": 1}, {"text": "a", "target": "b"}, {"text": "a", "x": 1}]
)
def test_exactly_one_input_is_asked_for(arguments: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        DetectArguments(**arguments)


def test_hashes_differ_between_tenants(context: Context) -> None:
    one = redact(context, text="13812345678", method="hash").text
    other = redact(Context(context.data_dir, Person(tenant="rival")), text="13812345678", method="hash").text
    assert one != other


def test_tokens_come_back_for_a_purpose_until_their_subject_is_erased(context: Context) -> None:
    token = redact(context, value={"phone": "13812345678"}, method="token", data_subject="p7").value
    assert "138" not in token["phone"]
    back = anyio.run(pii_restore, RestoreArguments(value=token, purpose="call the patient back"), context)
    assert (back.value, back.restored) == ({"phone": "13812345678"}, 1)
    assert anyio.run(pii_erase, EraseArguments(data_subject="p7", purpose="erasure request 12"), context).destroyed == 1
    with pytest.raises(TokenUnreadable):
        anyio.run(pii_restore, RestoreArguments(value=token, purpose="call the patient back"), context)


def test_each_type_can_have_its_own_method_and_a_manifest_comes_along(context: Context) -> None:
    answer = redact(
        context,
        text="王小明先生，手机13812345678",
        method="mask",
        methods={"PHONE_NUMBER": "partial_mask"},
        manifest=True,
    )
    assert answer.text == "***先生，手机13*******78"
    assert [e.method for e in answer.manifest.entities] == ["mask", "partial_mask"]
    assert "13812345678" not in answer.model_dump_json()


def test_a_profile_decides_what_counts_and_says_what_it_cannot_claim(context: Context) -> None:
    answer = redact(context, text="card 4111 1111 1111 1111, mail a@b.com", profile="pci_dss")
    assert answer.text == "card 411*************111, mail a@b.com"
    assert answer.cannot_claim


def test_a_data_set_is_profiled_and_its_risk_measured(context: Context) -> None:
    (context.data_dir / "a.csv").write_text(f"id_card,zip,age\n{ID},1,20\n{ID},1,20\n{ID},2,30\n")
    profile = anyio.run(dataset_profile, ProfileArguments(target="a.csv"), context)
    assert [column.type for column in profile.columns] == ["CN_ID_CARD", None, None]
    assert (profile.verdict, profile.rows_hit) == ("fail", 3)
    risk = anyio.run(dataset_risk, RiskArguments(target="a.csv", quasi_identifiers=("zip", "age")), context)
    assert (risk.risk.k, risk.risk.unique_rows) == (1, 1)
    assert ID not in profile.model_dump_json() + risk.model_dump_json()


TEAM = """
recognizers:
  - name: badge
    supported_language: zh
    supported_entity: STAFF_BADGE
    patterns:
      - {name: badge, regex: "BDG-[0-9]{4}", score: 0.4}
    context: [工牌]
  - name: bait
    supported_entity: BAIT
    patterns:
      - {name: bait, regex: "(?:(?:x|xx)+,?)+Q", score: 0.6}
"""


def test_a_teams_own_presidio_recognisers_load_unchanged_and_use_context(context: Context) -> None:
    (context.data_dir / "recognizers.yaml").write_text(TEAM, encoding="utf-8")
    answer = redact(context, text="工牌 BDG-1234，手机13812345678")
    assert answer.text == "工牌 <STAFF_BADGE>，手机<PHONE_NUMBER>"


def test_a_teams_pattern_that_runs_out_of_time_fails_closed(context: Context) -> None:
    (context.data_dir / "recognizers.yaml").write_text(TEAM, encoding="utf-8")
    answer = redact(context, text="x" * 80 + " Q 13812345678")
    assert answer.verdict == "unknown"
    assert answer.text == "<WITHHELD: NOT EXAMINED>"


def test_a_broken_recogniser_file_is_named(context: Context) -> None:
    (context.data_dir / "recognizers.yaml").write_text("recognizers: [{patterns: 7}]", encoding="utf-8")
    with pytest.raises(YumenError, match=r"recognizers\.yaml"):
        detect(context, text="a")


PAGE = '<p title="m@example.org">手机 138<b>0013</b>&#56;000</p><!-- 张伟 身份证号110101199003074514 -->'


def test_html_is_redacted_in_its_source_and_its_markup_stays(context: Context) -> None:
    (context.data_dir / "page.html").write_text(PAGE, encoding="utf-8")
    found = anyio.run(pii_detect, DetectArguments(target="page.html"), context)
    assert found.counts["PHONE_NUMBER"] == 1
    assert found.counts["CN_ID_CARD"] == 1
    done = anyio.run(pii_redact, RedactArguments(target="page.html", manifest=True), context)
    assert done.text is not None
    assert done.text.startswith('<p title="&lt;EMAIL_ADDRESS&gt;">手机 &lt;PHONE_NUMBER&gt;<b></b></p><!--')
    assert ID not in done.text
    assert done.manifest is not None


def test_a_document_of_another_kind_is_not_redacted(context: Context) -> None:
    (context.data_dir / "mail.eml").write_text("From: a@example.org\n\ntel 13812345678\n")
    found = anyio.run(pii_detect, DetectArguments(target="mail.eml"), context)
    assert {entity.path for entity in found.entities} == {"header", "part 1 (text/plain)"}
    with pytest.raises(CannotBeRedacted):
        anyio.run(pii_redact, RedactArguments(target="mail.eml"), context)
