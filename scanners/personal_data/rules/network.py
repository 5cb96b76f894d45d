"""Addresses of machines in networks."""

from __future__ import annotations

from scanners.personal_data.checks import generic
from scanners.personal_data.rules.rule import AT_START, Rule


def plausible_ipv6(text: str) -> bool:
    """A real address with enough in it: `be::` and the slice `1::2` are not."""
    groups = [group for group in text.split("/")[0].split("%")[0].split(":") if group]
    enough = sum(map(len, groups)) >= 5 and len(groups) > 1
    return (enough or text.startswith("::1")) and generic.ip_address(text.split("%")[0])


RULES: tuple[Rule, ...] = (
    Rule(
        id="ip.v4",
        type="IP_ADDRESS",
        pattern=r"(?<![A-Za-z0-9])(?<![0-9A-Za-z][.\-])(?<!\.)(?<![<>=~!]=)(?<![<>~^])(?:(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])\.){3}(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])(?:/(?:3[0-2]|[12]?[0-9])(?![0-9]))?(?![A-Za-z0-9]|\.[0-9]|-[0-9])",
        gate=r"[0-9]\.[0-9]{1,3}\.[0-9]{1,3}\.[0-9]",
        score=0.7,
        check=generic.ip_address,
        context=(
            "ip",
            "ipv4",
            "address",
            "host",
            "server",
            "client",
            "remote",
            "login",
            "地址",
            "服务器",
            "主机",
            "登录",
            "adresse",
        ),
        boosted=0.95,
        window=14,
    ),
    Rule(
        id="ip.v6",
        type="IP_ADDRESS",
        pattern=r"(?<![A-Za-z0-9.])(?<![^A-Za-z][0-9A-Fa-f]:)(?<!::)(?=[0-9A-Fa-f]{0,4}:)(?:(?:[0-9A-Fa-f]{1,4}:){7}[0-9A-Fa-f]{1,4}|(?:[0-9A-Fa-f]{1,4}:){1,7}(?::[0-9A-Fa-f]{1,4}){1,7}|(?:[0-9A-Fa-f]{1,4}:){1,7}:|::(?:[fF]{4}:)?(?:[0-9A-Fa-f]{1,4}:){0,6}(?:(?:[0-9]{1,3}\.){3}[0-9]{1,3}|[0-9A-Fa-f]{1,4}))(?:%[a-z0-9]{1,12})?(?:/[0-9]{1,3})?(?![A-Za-z0-9:]|\.[0-9])",
        gate=r"([0-9A-Fa-f]{1,4}:){2}|::[0-9A-Fa-f]|[0-9A-Fa-f]::",
        score=0.8,
        check=plausible_ipv6,
        context=("ip", "ipv6", "address", "host", "地址"),
        boosted=0.97,
        window=14,
    ),
    Rule(
        id="mac",
        type="MAC_ADDRESS",
        pattern=r"(?<![A-Za-z0-9])(?<![^A-Za-z][0-9A-Fa-f]{2}[:\-])[0-9A-Fa-f]{2}(?P<s>[:\-])(?:[0-9A-Fa-f]{2}(?P=s)){4}[0-9A-Fa-f]{2}(?![A-Za-z0-9]|[:\-][0-9A-Fa-f])|(?<![A-Za-z0-9.])[0-9A-Fa-f]{4}\.[0-9A-Fa-f]{4}\.[0-9A-Fa-f]{4}(?![A-Za-z0-9.])",
        gate=r"([0-9A-Fa-f]{2}[:\-]){3}|[0-9A-Fa-f]{4}\.[0-9A-Fa-f]{4}\.",
        score=0.9,
        check=generic.mac_address,
        refutable=False,
        window=AT_START,
    ),
)
