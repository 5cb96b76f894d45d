"""Links in archives: where they lead, in every form that tar and ZIP write them."""

import io
import stat
import tarfile
import zipfile

import pytest

from scanners.model_scan.scan import scan_bytes

FAR = "/" + "a" * 150 + "/passwd"


def tar(target: str, kind: bytes = tarfile.SYMTYPE, form: int = tarfile.USTAR_FORMAT) -> bytes:
    written = io.BytesIO()
    with tarfile.open(fileobj=written, mode="w", format=form) as archive:
        member = tarfile.TarInfo("weights")
        member.type, member.linkname = kind, target
        archive.addfile(member)
        plain = tarfile.TarInfo("config.json")
        plain.size = 2
        archive.addfile(plain, io.BytesIO(b"{}"))
    return written.getvalue()


def zipped(target: str, mode: int = stat.S_IFLNK) -> bytes:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as archive:
        link = zipfile.ZipInfo("weights")
        link.create_system, link.external_attr = 3, (mode | 0o777) << 16
        archive.writestr(link, target)
        archive.writestr("config.json", "{}")
    return written.getvalue()


@pytest.mark.parametrize(
    ("content", "wanted"),
    [
        pytest.param(tar("/etc"), "fail", id="tar, absolute"),
        pytest.param(tar("../../etc", tarfile.LNKTYPE), "fail", id="tar, a hard link that climbs"),
        pytest.param(tar(FAR, form=tarfile.GNU_FORMAT), "fail", id="tar, a long target of GNU"),
        pytest.param(tar(FAR, form=tarfile.PAX_FORMAT), "fail", id="tar, a long target of pax"),
        pytest.param(tar("", tarfile.CHRTYPE), "fail", id="tar, a device"),
        pytest.param(tar("config.json"), "pass", id="tar, inside"),
        pytest.param(zipped("/etc"), "fail", id="zip, absolute"),
        pytest.param(zipped("../../etc"), "fail", id="zip, one that climbs"),
        pytest.param(zipped("config.json"), "pass", id="zip, inside"),
    ],
)
def test_where_a_link_leads(verdict, content, wanted):
    name = "m.zip" if content.startswith(b"PK") else "m.tar"
    assert verdict(scan_bytes(name, content)) == wanted
