"""A report as one HTML page: both languages side by side, charts as inline SVG, no script, no request, fit for paper."""

from __future__ import annotations

from html import escape

from scanners.compliance.assessment import ORDER, Assessment, ComplianceReport, ControlStatus, Status
from scanners.compliance.frameworks import Words

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

_STYLE = """
:root{color-scheme:light;--ink:#1c232b;--soft:#5b6671;--line:#dfe3e8;--jade:#1f6f5c}
*{box-sizing:border-box}
body{margin:0;background:#fff;color:var(--ink);font:15px/1.55 system-ui,"Noto Sans","Noto Sans CJK SC","PingFang SC",sans-serif}
main{max-width:1080px;margin:0 auto;padding:40px 32px 80px}
h1{font-size:28px;margin:0 0 4px;letter-spacing:-.01em}
h2{font-size:20px;margin:44px 0 6px;padding-top:20px;border-top:2px solid var(--jade)}
.zh{color:var(--soft)}h1 .zh,h2 .zh{font-weight:500;margin-left:.5em}
.meta{color:var(--soft);font-size:13px;margin:8px 0 28px;overflow-wrap:anywhere}
.overview{display:grid;grid-template-columns:200px 1fr;gap:36px;align-items:start}
a{color:inherit;text-decoration-color:var(--line);text-underline-offset:3px}
table{width:100%;border-collapse:collapse;font-size:13.5px}
th{text-align:left;white-space:nowrap;color:var(--soft);font-weight:600;border-bottom:1px solid var(--line);padding:6px 8px}
td{vertical-align:top;border-bottom:1px solid var(--line);padding:8px}
td.id{white-space:nowrap;font-variant-numeric:tabular-nums;font-weight:600}
.tag{display:inline-block;white-space:nowrap;border-radius:3px;padding:1px 7px;color:#fff;font-size:12px}
.evidence{color:var(--soft);font-size:12.5px;overflow-wrap:anywhere}.evidence code{font-size:12px;color:var(--ink)}
.bar{display:block;width:100%;height:14px}.legend{font-size:12.5px;color:var(--soft);margin-top:10px}
.legend i{display:inline-block;width:10px;height:10px;border-radius:2px;margin:0 5px 0 14px;vertical-align:-1px}
.remedy{margin-top:3px}.trend{font-size:12px;color:var(--soft);white-space:nowrap}
@media print{main{padding:0;max-width:none}body{font-size:8.5pt;line-height:1.4}h1{font-size:17pt}
h2{font-size:12pt;margin-top:20pt;padding-top:8pt;break-after:avoid}
table,td,.meta{font-size:8pt}.evidence,.evidence code,.tag,.legend{font-size:7pt}
td,th{padding:4px 6px}tr{break-inside:avoid}
.overview{grid-template-columns:120px 1fr;gap:18px}.overview>svg{width:120px;height:120px}
thead{display:table-header-group}*{-webkit-print-color-adjust:exact;print-color-adjust:exact}@page{margin:16mm 14mm}}
@media(max-width:720px){.overview{grid-template-columns:1fr}main{padding:24px 16px}}
"""


def to_html(report: ComplianceReport) -> str:
    """The page. Everything that came from an input is escaped."""
    sections = "".join(_section(assessment) for assessment in report.assessments)
    inputs = "".join(f"<br>{escape(name)} <code>{escape(digest)}</code>" for name, digest in report.inputs.items())
    compared = f" · compared with 对比 {escape(report.previous)}" if report.previous else ""
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" '
        'content="width=device-width,initial-scale=1"><title>Compliance report 合规报告</title>'
        f"<style>{_STYLE}</style></head><body><main>"
        '<h1>Compliance report<span class="zh" lang="zh">合规报告</span></h1>'
        f'<p class="meta">{escape(report.date)}{compared} · policy pack 策略版本 <code>{escape(report.revision)}</code><br>'
        f"examined 检查对象:{inputs or ' —'}</p>{_overview(report)}{sections}</main></body></html>\n"
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


def _evidence(control: ControlStatus) -> str:
    lines: list[str] = []
    for result in control.checks:
        seen = "; ".join(result.evidence[:3]) or "not examined 未检查"
        more = f" (+{len(result.evidence) - 3})" if len(result.evidence) > 3 else ""
        lines.append(f"<div><code>{escape(result.check)}</code> {_LABEL[result.status].en}: {escape(seen)}{more}</div>")
        if result.remedy is not None and result.status in ("fail", "unknown"):
            lines.append(f'<div class="remedy">→ {escape(result.remedy.en)} {escape(result.remedy.zh)}</div>')
    if control.question is not None:
        lines.append(f"<div>? {escape(control.question.en)} {escape(control.question.zh)}</div>")
        answer = control.answer
        if answer is not None:
            said = f"{answer.answer}: {', '.join(answer.evidence)} ({answer.by}, {answer.date})"
            lines.append(f"<div>✓ {escape(said)}</div>")
    return "".join(lines)
