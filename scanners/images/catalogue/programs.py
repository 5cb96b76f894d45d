"""Well-known programs that no package manager brought, by the version that they carry: 'nginx version: nginx/1.25.3'.

A file is looked into where its name is one that the program goes by; what a package owns is left out like other language
packages. Advisories about them, where there are any, are Bitnami's: they name upstream's versions.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from re import Pattern

from scanners.images.catalogue.elf import Buffer
from scanners.images.catalogue.files import file_catalogue
from scanners.images.packages import Package
from scanners.images.probes import Part, Seen

NUMBERS = rb"[0-9]{1,9}(?:\.[0-9]{1,9}){1,3}"
MAXIMUM_RELEASE = 2**16
"""Bytes of the text files that say a version."""


@dataclass(frozen=True)
class _Program:
    """How one program is known."""

    name: str
    files: Pattern[str]
    """Names of its files, without folder."""
    versions: tuple[Pattern[bytes], ...]
    """Where it carries its version, as group 1; tried in turn."""
    cpe: str
    """Vendor and product, as NVD names them."""
    advisories: str = ""
    """Its name in advisories, where that is another."""
    always: bool = False
    """No file of that name is without a version, so that one is missing where none is found."""


def _program(name: str, files: str, cpe: str, *versions: bytes, advisories: str = "", always: bool = False) -> _Program:
    """`#` in a version's pattern stands for numbers between dots."""
    patterns = tuple(re.compile(version.replace(b"#", NUMBERS), re.DOTALL) for version in versions)
    return _Program(name, re.compile(rf"(?:{files})\Z"), patterns, cpe, advisories, always)


_PYTHON = (
    rb"\0([23]\.[0-9]{1,2}\.[0-9]{1,2}(?:(?:a|b|rc)[0-9]+)?\+?)\0",
    rb"/Python-([23]\.[0-9]{1,2}\.[0-9]{1,2}\w*)\0",
)
_PROGRAMS = (
    _program("node", r"node(?:js)?", "nodejs:node.js",
             rb"node\.js/v(#)", rb"\0(?:node )?v([0-6]\.[0-9]+\.[0-9]+)\0", always=True),
    _program("python", r"libpython[23]\.[0-9]+[a-z]*\.so.*", "python:python", *_PYTHON, always=True),
    _program("python", r"python[23]\.[0-9]+", "python:python", *_PYTHON),
    _program("pypy", r"pypy[0-9.]*(?:-c)?|libpypy.*\.so", "pypy:pypy", rb"\[PyPy (#)"),
    _program("nginx", r"nginx(?:-debug)?", "f5:nginx", rb"nginx version: nginx/(#)"),
    _program("openresty", r"nginx|openresty", "openresty:openresty", rb"nginx version: openresty/(#)"),
    _program("postgresql", r"postgres", "postgresql:postgresql",
             rb"PostgreSQL\)? ([0-9]+(?:(?:\.[0-9]+)+|(?:beta|rc)[0-9]+))(?: on | \(|\n)", always=True),
    _program("mariadb", r"mariadbd?|mysqld?", "mariadb:mariadb", rb"\0(?:5\.5\.5-)?(#)-MariaDB"),
    _program("mysql", r"mysqld?", "oracle:mysql", rb"/mysql-(#)/", rb"\0(#)\0+mysql"),
    _program("busybox", r"busybox(?:\.(?:static|nosuid|suid))?|\[+|sh|ash", "busybox:busybox", rb"BusyBox v(#)"),
    _program("httpd", r"httpd|apache2", "apache:http_server", rb"Apache/(#)", advisories="apache"),
    _program("php", r"php[0-9.]*|php-(?:fpm|cgi)[0-9.]*|php[0-9.]+-(?:fpm|cgi)|libphp[0-9.]*\.so|mod_php[0-9.]*\.so",
             "php:php", rb"X-Powered-By: PHP/(#(?:(?:alpha|beta|RC)[0-9]+)?)"),
    _program("ruby", r"ruby[0-9.]*|libruby[\w.\-]*\.so.*", "ruby-lang:ruby",
             rb"ruby (#)(?:p[0-9]+|[a-z]+[0-9]*)? \([0-9]{4}-"),
    _program("openssl", r"openssl|libcrypto[\w.\-]*\.so.*|libssl[\w.\-]*\.so.*", "openssl:openssl",
             rb"OpenSSL (#[a-z]{0,2}) {1,2}[0-9]{1,2} [A-Z][a-z]{2} 20[0-9]{2}"),
    _program("bash", r"r?bash|sh", "gnu:bash", rb"@\(\x23\)Bash version (#)\("),
    _program("memcached", r"memcached", "memcached:memcached", rb"memcached (#)", always=True),
    _program("haproxy", r"haproxy", "haproxy:haproxy", rb"HA-Proxy version (#)",
             rb"version (#(?:-(?:dev|rc)[0-9]+)?)[^\0]{0,40}, released", always=True),
    _program("perl", r"perl(?:5[0-9.]*)?|libperl\.so.*", "perl:perl", rb"/perl5?/(5\.[0-9]+\.[0-9]+)"),
    _program("erlang", r"beam(?:\.smp)?", "erlang:erlang\\/otp", rb"Erlang/OTP [^\0]{1,200}\0(#)\0", always=True),
    _program("rust", r"rustc|libstd-[0-9a-f]{16}\.so|librustc_driver-[0-9a-f]{16}\.so", "rust-lang:rust",
             rb"rustc version (#)"),
    _program("openjdk", r"java", "oracle:openjdk", rb"\0openjdk\0java\0[0-9.]+\0([0-9][0-9._]*)", advisories="java"),
    _program("curl", r"curl|libcurl[\w.\-]*\.so.*", "haxx:curl", rb"\0(?:lib)?curl[/ ](#)"),
    _program("lighttpd", r"lighttpd", "lighttpd:lighttpd", rb"\0lighttpd/(#)"),
    _program("varnish", r"varnishd", "varnish-software:varnish_cache", rb"varnish-(#) revision"),
    _program("openssh", r"sshd?", "openbsd:openssh", rb"OpenSSH_([0-9]+\.[0-9]+p[0-9]+)"),
    _program("zlib", r"libz\.so.*", "zlib:zlib", rb"deflate (#) Copyright", rb"inflate (#) Copyright"),
    _program("xz", r"xz|liblzma\.so.*", "tukaani:xz", rb"\0(?:xz \(XZ Utils\) )?(5\.[0-9]\.[0-9]+)\0"),
    _program("deno", r"deno", "deno:deno", rb"Deno/(#)"),
)  # fmt: skip
_STORE = re.compile(r"(redis|valkey)-(?:server|sentinel|check-rdb|check-aof|cli|benchmark)\Z")
"""One program of several names."""
_STORES = {"redis": "redis:redis", "valkey": "lfprojects:valkey"}
_BUILD = re.compile(rb"[^0-9]([0-9]{1,3}\.[0-9]{1,3}\.[0-9]{1,3})([\w.\-]{10,96})\0")
"""Version, host, moment and commit of a build of Redis, with nothing between them."""
_MOMENT = re.compile(rb"[0-9]{10,19}[0-9a-f]{0,9}\Z")
_MOST = 10_000
"""Texts of one program that may be its version."""
_ALONE = re.compile(rb"\0([0-9]+\.[0-9]+\.[0-9]+)(?=\0)")
_INTERESTING = re.compile(
    "|".join(f"(?:{program.files.pattern.removesuffix(chr(92) + 'Z')})" for program in _PROGRAMS)
    + f"|{_STORE.pattern.removesuffix(chr(92) + 'Z')}"
)


def look(path: str, data: Buffer) -> Seen | None:
    """The program in a file; None for one that is not well known."""
    name = path.rpartition("/")[2]
    if not _INTERESTING.fullmatch(name):
        return None
    if store := _STORE.match(name):
        return _store(store[1], data)
    missing = ""
    for program in _PROGRAMS:
        if not program.files.match(name):
            continue
        for pattern in program.versions:
            if found := pattern.search(data):
                return _seen(program.name, found[1].decode(), program.cpe, program.advisories)
        missing = program.name if program.always else missing
    return _unsaid(missing) if missing else None


def names_of(path: str) -> frozenset[str]:
    """The well-known programs that go by a file's name."""
    file = path.rpartition("/")[2]
    return frozenset(program.name for program in _PROGRAMS if program.files.match(file))


def _store(name: str, data: Buffer) -> Seen:
    built = {match[1] + match[2] for match in islice(_BUILD.finditer(data), _MOST) if _MOMENT.search(match[2])}
    for version in sorted({match[1] for match in islice(_ALONE.finditer(data), _MOST)}):
        if any(text.startswith(version) for text in built):
            return _seen(name, version.decode(), _STORES[name])
    return _unsaid(name)


def _seen(name: str, version: str, cpe: str, advisories: str = "") -> Seen:
    return Seen("program", (Part("generic", name, version, source=advisories or name, cpe=cpe),))


def _unsaid(name: str) -> Seen:
    return Seen("program", trouble=f"a program of the name of {name}, which does not say its version")


_SETTING = re.compile(r'^([A-Z_]+)="?([^"\r\n]{1,200})"?\r?$', re.MULTILINE)
_JAVA = re.compile(r"[0-9][0-9._]*\Z")
_OTP = re.compile(r"[0-9]+(?:\.[0-9]+)+\Z")


def _java(path: str, content: bytes) -> Iterator[Part]:
    """The file `release` in the home of a Java runtime (JEP 223)."""
    fields = dict(_SETTING.findall(content[:MAXIMUM_RELEASE].decode("utf-8", "replace")))
    version = fields.get("JAVA_VERSION", "")
    if _JAVA.match(version):
        own = fields.get("BUILD_TYPE") == "commercial"
        yield Part("generic", "oracle-jdk" if own else "openjdk", version, source="java",
                   cpe="oracle:jdk" if own else "oracle:openjdk")  # fmt: skip


def java_runtimes(packages: Iterable[Package]) -> Iterator[str]:
    """The files that name the Java runtimes among the packages, each in its home."""
    return (package.path for package in packages if package.source == "java" and package.path.endswith("/release"))


def _erlang(path: str, content: bytes) -> Iterator[Part]:
    version = content[:100].decode("utf-8", "replace").strip()
    if _OTP.match(version):
        yield Part("generic", "erlang", version, source="erlang", cpe="erlang:erlang\\/otp")


CATALOGUES = (
    file_catalogue("Java runtime", r"(?:.*/)?release\Z", _java),
    file_catalogue("Erlang", r"(?:.*/)?releases/[0-9]+/OTP_VERSION\Z", _erlang),
)
