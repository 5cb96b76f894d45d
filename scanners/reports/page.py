"""The page that reports share: one HTML document that stands alone, with no script and no request, fit for paper."""

from __future__ import annotations

from html import escape

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


def page(title: str, body: str) -> str:
    """A whole document around `body`, which is HTML; `title` is text."""
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{escape(title)}</title><style>{_STYLE}</style></head><body><main>{body}</main></body></html>\n"
    )
