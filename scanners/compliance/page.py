"""A report as one HTML page: both languages side by side, charts as inline SVG, no script, no request, fit for paper."""

from __future__ import annotations

from html import escape

from scanners.compliance.assessment import ORDER, Assessment, CheckResult, ComplianceReport, ControlStatus, Status
from scanners.compliance.frameworks import Words
from scanners.reports.page import page

_LABEL: dict[Status, Words] = {
    "error": Words("error", "错误"),
    "fail": Words("not met", "不符合"),
    "unknown": Words("not shown", "未证实"),
    "not_applicable": Words("does not apply", "不适用"),
    "pass": Words("met", "符合"),
}
_COLOUR: dict[Status, str] = {
    "error": "#7a1f5c",
    "fail": "#b3261e",
    "unknown": "#b98900",
    "not_applicable": "#8a929b",
    "pass": "#2e7d4f",
}


def to_html(report: ComplianceReport) -> str:
    """The page. Everything that came from an input is escaped."""
    sections = "".join(_section(assessment) for assessment in report.assessments)
    inputs = "".join(f"<br>{escape(name)} <code>{escape(digest)}</code>" for name, digest in report.inputs.items())
    compared = f" · compared with 对比 {escape(report.previous)}" if report.previous else ""
    return page(
        "Compliance report 合规报告",
        '<h1>Compliance report<span class="zh" lang="zh">合规报告</span></h1>'
        f'<p class="meta">{escape(report.date)}{compared} · policy pack 策略版本 <code>{escape(report.revision)}</code><br>'
        f"examined 检查对象:{inputs or ' —'}</p>{_overview(report)}{sections}",
    )


def _overview(report: ComplianceReport) -> str:
    total: dict[Status, int] = {
        status: sum(assessment.count(status) for assessment in report.assessments) for status in ORDER
    }
    rows = "".join(
        f"<tr><td><a href='#{escape(assessment.framework)}'>{escape(assessment.title.en)}</a><br>"
        f'<span class="zh" lang="zh">{escape(assessment.title.zh)}</span></td>'
        f"<td style='width:46%'>{_bar(assessment)}</td>"
        f"<td style='text-align:right;white-space:nowrap'>{assessment.count('pass')} / {len(assessment.controls)}</td></tr>"
        for assessment in report.assessments
    )
    legend = "".join(
        f"<i style='background:{_COLOUR[status]}'></i>{_LABEL[status].en} {_LABEL[status].zh}"
        for status in reversed(ORDER)
        if total[status]
    )
    return (
        f'<div class="overview">{_donut(total)}<div><table><tbody>{rows}</tbody></table>'
        f'<div class="legend">{legend}</div></div></div>'
    )


def _donut(total: dict[Status, int]) -> str:
    """Share of each status as a ring; the number in it is the share of controls met."""
    everything = sum(total.values()) or 1
    circumference = 439.82  # 2π·70
    parts: list[str] = []
    offset = 0.0
    for status in reversed(ORDER):
        length = circumference * total[status] / everything
        if length:
            parts.append(
                f'<circle r="70" cx="100" cy="100" fill="none" stroke="{_COLOUR[status]}" stroke-width="24" '
                f'stroke-dasharray="{length:.2f} {circumference - length:.2f}" stroke-dashoffset="{-offset:.2f}"/>'
            )
        offset += length
    met = round(100 * total["pass"] / everything)
    return (
        f'<svg viewBox="0 0 200 200" width="200" height="200" role="img" aria-label="{met} % of controls met">'
        f'<g transform="rotate(-90 100 100)">{"".join(parts)}</g>'
        f'<text x="100" y="104" text-anchor="middle" font-size="34" font-weight="650" fill="#1c232b">{met} %</text>'
        '<text x="100" y="126" text-anchor="middle" font-size="12" fill="#5b6671">met 符合</text></svg>'
    )


def _bar(assessment: Assessment) -> str:
    total = len(assessment.controls) or 1
    parts: list[str] = []
    left = 0.0
    for status in reversed(ORDER):
        width = 100 * assessment.count(status) / total
        if width:
            parts.append(
                f'<rect x="{left:.3f}" y="0" width="{width:.3f}" height="14" fill="{_COLOUR[status]}">'
                f"<title>{_LABEL[status].en} {_LABEL[status].zh}: {assessment.count(status)}</title></rect>"
            )
        left += width
    return f'<svg class="bar" viewBox="0 0 100 14" preserveAspectRatio="none" role="img">{"".join(parts)}</svg>'


def _section(assessment: Assessment) -> str:
    rows = "".join(_row(control) for control in assessment.controls)
    return (
        f'<h2 id="{escape(assessment.framework)}">{escape(assessment.title.en)}'
        f'<span class="zh" lang="zh">{escape(assessment.title.zh)}</span></h2>'
        f'<p class="meta">{escape(assessment.source)} · {escape(assessment.url)}</p>'
        "<table><thead><tr><th>Control 条款</th><th>Requirement 要求</th><th>Status 状态</th>"
        f"<th style='width:42%'>Evidence 证据</th></tr></thead><tbody>{rows}</tbody></table>"
    )


def _row(control: ControlStatus) -> str:
    label = _LABEL[control.status]
    before = control.before
    trend = (
        f'<div class="trend">was 此前: {_LABEL[before].en} {_LABEL[before].zh}</div>'
        if before is not None and before != control.status
        else ""
    )
    waiver = (
        f'<div class="trend">waived 豁免至 {escape(control.waiver.until)}: {escape(control.waiver.reason)} '
        f"({escape(control.waiver.by)})</div>"
        if control.waiver
        else ""
    )
    return (
        f'<tr><td class="id">{escape(control.control)}</td><td>{escape(control.title.en)}<br>'
        f'<span class="zh" lang="zh">{escape(control.title.zh)}</span></td>'
        f'<td><span class="tag" style="background:{_COLOUR[control.status]}">{label.en} {label.zh}</span>{trend}{waiver}</td>'
        f'<td class="evidence">{_evidence(control)}</td></tr>'
    )


def _source(result: CheckResult) -> str:
    """Where the evidence is to be found again: the input by its digest, the decision by its call and record."""
    parts = [
        f"input 输入 {escape(result.digest[:19])}…" if result.digest else "",
        f"decision 决策 {escape(result.decision)}" if result.decision else "",
        f"audit record 审计记录 {result.record}" if result.record is not None else "",
    ]
    text = " · ".join(part for part in parts if part)
    return f'<div class="trend">{text}</div>' if text else ""


def _evidence(control: ControlStatus) -> str:
    lines: list[str] = []
    for result in control.checks:
        seen = "; ".join(result.evidence[:3]) or "not examined 未检查"
        more = f" (+{len(result.evidence) - 3})" if len(result.evidence) > 3 else ""
        lines.append(
            f"<div><code>{escape(result.check)}</code> {_LABEL[result.status].en}: {escape(seen)}{more}{_source(result)}</div>"
        )
        if result.remedy is not None and result.status in ("fail", "unknown"):
            lines.append(f'<div class="remedy">→ {escape(result.remedy.en)} {escape(result.remedy.zh)}</div>')
    if control.question is not None:
        lines.append(f"<div>? {escape(control.question.en)} {escape(control.question.zh)}</div>")
        answer = control.answer
        if answer is not None:
            said = f"{answer.answer}: {', '.join(answer.evidence)} ({answer.by}, {answer.date})"
            lines.append(f"<div>✓ {escape(said)}</div>")
    return "".join(lines)
