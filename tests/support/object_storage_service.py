"""Alibaba Cloud OSS on loopback, as far as reading needs it: no such server can be had, so this speaks its documented bytes.

Requests must carry a signature in the Authorization header, of version 1 (help.aliyun.com/document_detail/31951) or 4
(document_detail/2573003), and of a session its token. GetObject with ranges, `If-Match` and versions, HeadObject, and
ListObjectsV2 with pages and prefixes; errors as XML with OSS's codes.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from http.server import BaseHTTPRequestHandler
from urllib.parse import parse_qsl, quote, unquote, urlsplit
from xml.sax.saxutils import escape

from loopback_server import LoopbackServer

VERSION_4 = re.compile(
    r"OSS4-HMAC-SHA256 Credential=(?P<name>[^/]+)/(?P<scope>[0-9]{8}/[a-z0-9-]+/oss/aliyun_v4_request)"
    r", Signature=(?P<proof>[0-9a-f]{64})(, AdditionalHeaders=(?P<more>[a-z0-9;-]+))?"
)
SIGNED = {
    "acl",
    "bucketInfo",
    "objectMeta",
    "versionId",
    "versions",
    "continuation-token",
    "location",
    "symlink",
    "tagging",
}
"""The sub-resources of reading requests that are part of what is signed."""
SKEW = 900
"""Seconds by which a request's date may differ."""


@dataclass
class ObjectStorageService:
    """A running service. `objects` are by 'bucket/key'; `sessions` are tokens by access key, where one is needed."""

    keys: dict[str, str]
    sessions: dict[str, str] = field(default_factory=dict)
    region: str = "oss-local"
    objects: dict[str, bytes] = field(default_factory=dict)
    versions: dict[tuple[str, str], bytes] = field(default_factory=dict)
    """Kept states of objects by 'bucket/key' and version id."""
    requests: list[tuple[str, str]] = field(default_factory=list)
    page: int = 2
    """Entries of one page of a listing, at most."""

    def __post_init__(self) -> None:
        service = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                service.requests.append((self.command, self.path))
                status, headers, body = service.answer(self.command, self.path, dict(self.headers.items()))
                self.send_response(status)
                for name, value in {"Content-Length": str(len(body)), "x-oss-request-id": "0" * 24, **headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                if self.command == "GET":
                    self.wfile.write(body)

            do_HEAD = do_GET

            def log_message(self, format: str, *arguments: object) -> None:
                pass

        self.serving = LoopbackServer(Handler)

    def answer(self, method: str, target: str, headers: dict[str, str]) -> tuple[int, dict[str, str], bytes]:
        parts = urlsplit(target)
        query = dict(parse_qsl(parts.query, keep_blank_values=True))
        bucket, _, key = unquote(parts.path)[1:].partition("/")
        lower = {name.lower(): value for name, value in headers.items()}
        if (refused := self._refused(method, parts.path, bucket, key, query, lower)) is not None:
            return _error(403, refused)
        if not any(path.startswith(f"{bucket}/") for path in self.objects):
            return _error(404, "NoSuchBucket")
        if not key and query.get("list-type") != "2":
            return _error(501, "NotImplemented")
        return (
            self._object(f"{bucket}/{key}", query.get("versionId", ""), lower) if key else self._listing(bucket, query)
        )

    def _refused(
        self, method: str, path: str, bucket: str, key: str, query: dict[str, str], headers: dict[str, str]
    ) -> str | None:
        written = headers.get("authorization", "")
        fourth = VERSION_4.fullmatch(written)
        scheme, _, proof = written.partition(" ")
        name, _, signature = proof.partition(":")
        if fourth is not None:
            name, signature = fourth["name"], fourth["proof"]
            date = datetime.strptime(headers["x-oss-date"], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
        elif scheme == "OSS":
            date = parsedate_to_datetime(headers["date"])
        else:
            return "AccessDenied"
        if name not in self.keys:
            return "InvalidAccessKeyId"
        if abs((datetime.now(UTC) - date).total_seconds()) > SKEW:
            return "RequestTimeTooSkewed"
        if self.sessions.get(name, "") != headers.get("x-oss-security-token", ""):
            return "InvalidSecurityToken" if headers.get("x-oss-security-token") else "AccessDenied"
        if fourth is None:
            wanted = self._version_1(self.keys[name], method, bucket, key, query, headers)
        else:
            if fourth["scope"].split("/")[1] != self.region:
                return "InvalidBucketRegion"
            wanted = self._version_4(
                self.keys[name], method, path, query, headers, fourth["scope"], fourth["more"] or ""
            )
        return None if hmac.compare_digest(wanted, signature) else "SignatureDoesNotMatch"

    def _version_1(
        self, secret: str, method: str, bucket: str, key: str, query: dict[str, str], headers: dict[str, str]
    ) -> str:
        own = "".join(f"{header}:{headers[header]}\n" for header in sorted(headers) if header.startswith("x-oss-"))
        signed = sorted((part, value) for part, value in query.items() if part in SIGNED)
        resources = "&".join(f"{part}={value}" if value else part for part, value in signed)
        resource = f"/{bucket}/{key}" if bucket else "/"
        lines = (method, headers.get("content-md5", ""), headers.get("content-type", ""), headers["date"])
        text = "\n".join(lines) + f"\n{own}{resource}" + (f"?{resources}" if resources else "")
        return base64.b64encode(hmac.digest(secret.encode(), text.encode(), "sha1")).decode()

    def _version_4(
        self, secret: str, method: str, path: str, query: dict[str, str], headers: dict[str, str], scope: str, more: str
    ) -> str:
        also = more.split(";") if more else []
        wanted = [
            n for n in sorted(headers) if n.startswith("x-oss-") or n in ("content-type", "content-md5") or n in also
        ]
        asked = sorted((quote(part, safe=""), quote(value, safe="")) for part, value in query.items())
        canonical = "\n".join(
            (
                method,
                quote(unquote(path), safe="/"),
                "&".join(f"{part}={value}" if value else part for part, value in asked),
                "".join(f"{header}:{headers[header].strip()}\n" for header in wanted),
                more,
                headers["x-oss-content-sha256"],
            )
        )
        text = "\n".join(
            ("OSS4-HMAC-SHA256", headers["x-oss-date"], scope, hashlib.sha256(canonical.encode()).hexdigest())
        )
        key = f"aliyun_v4{secret}".encode()
        for part in scope.split("/"):
            key = hmac.digest(key, part.encode(), "sha256")
        return hmac.digest(key, text.encode(), "sha256").hex()

    def _object(self, path: str, version: str, headers: dict[str, str]) -> tuple[int, dict[str, str], bytes]:
        content = self.versions.get((path, version)) if version else self.objects.get(path)
        if content is None:
            return _error(404, "NoSuchVersion" if version else "NoSuchKey")
        described = {"x-oss-version-id": version} if version else {}
        described |= {
            "ETag": _etag(content),
            "Last-Modified": _NOW,
            "x-oss-object-type": "Normal",
            "Accept-Ranges": "bytes",
        }
        if headers.get("if-match", described["ETag"]).strip('"') != described["ETag"].strip('"'):
            return _error(412, "PreconditionFailed")
        whole = len(content)
        first, _, last = headers.get("range", "").removeprefix("bytes=").partition("-")
        if first and int(first) < whole and (not last or int(first) <= int(last)):  # else OSS answers with the whole
            content = content[int(first) : min(int(last) + 1, whole) if last else whole]
            described["Content-Range"] = f"bytes {first}-{int(first) + len(content) - 1}/{whole}"
            return 206, described, content
        return 200, described, content

    def _listing(self, bucket: str, query: dict[str, str]) -> tuple[int, dict[str, str], bytes]:
        prefix, delimiter = query.get("prefix", ""), query.get("delimiter", "")
        after = query.get("continuation-token", query.get("start-after", ""))
        keys: list[str] = []
        folders: list[str] = []
        for path in sorted(self.objects):
            key = path.removeprefix(f"{bucket}/")
            if key == path or not key.startswith(prefix) or key <= after:
                continue
            rest = key[len(prefix) :]
            if delimiter and delimiter in rest:
                folder = prefix + rest[: rest.index(delimiter) + 1]
                if folder <= after or folder in folders:
                    continue
                folders.append(folder)
            else:
                keys.append(key)
            if len(keys) + len(folders) > self.page:
                break
        both = sorted(keys + folders)
        more, both = len(both) > self.page, both[: self.page]
        entries = [
            f"<CommonPrefixes><Prefix>{escape(name)}</Prefix></CommonPrefixes>"
            if name in folders
            else f"<Contents><Key>{escape(name)}</Key><LastModified>{_STAMP}</LastModified>"
            f"<ETag>{escape(_etag(self.objects[f'{bucket}/{name}']))}</ETag><Type>Normal</Type>"
            f"<Size>{len(self.objects[f'{bucket}/{name}'])}</Size><StorageClass>Standard</StorageClass></Contents>"
            for name in both
        ]
        tail = f"<NextContinuationToken>{escape(both[-1])}</NextContinuationToken>" if more else ""
        head = f"<Name>{bucket}</Name><Prefix>{escape(prefix)}</Prefix><IsTruncated>{str(more).lower()}</IsTruncated>"
        return _xml("ListBucketResult", head + "".join(entries) + tail)


_STAMP = "2026-11-29T00:00:00.000Z"
_NOW = format_datetime(datetime(2026, 11, 29, tzinfo=UTC), usegmt=True)


def _etag(content: bytes) -> str:
    return f'"{hashlib.md5(content, usedforsecurity=False).hexdigest().upper()}"'


def _xml(name: str, inside: str, status: int = 200) -> tuple[int, dict[str, str], bytes]:
    body = f'<?xml version="1.0" encoding="UTF-8"?>\n<{name}>{inside}</{name}>'.encode()
    return status, {"Content-Type": "application/xml"}, body


def _error(status: int, code: str) -> tuple[int, dict[str, str], bytes]:
    return _xml("Error", f"<Code>{code}</Code><Message>{code}</Message><RequestId>{'0' * 24}</RequestId>", status)
