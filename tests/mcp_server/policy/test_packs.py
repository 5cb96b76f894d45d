"""Packs as they lie on disk, and how a team's packs join the shipped one."""

from __future__ import annotations

from pathlib import Path

import pytest

from mcp_server.policy.errors import PolicyInvalid
from mcp_server.policy.packs import SHIPPED, join, load_pack


def write(folder: Path, **files: str) -> Path:
    for name, text in files.items():
        path = folder / name.replace("__", "/").replace("_DOT_", ".")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder


def test_data_files_take_their_place_from_their_folder(tmp_path: Path) -> None:
    write(tmp_path, a__b__data_DOT_json='{"x": 1}', a__data_DOT_yaml="y: [2]\n", a__other_DOT_json='{"z": 3}')
    pack = load_pack(tmp_path)
    assert pack.data == {"a": {"b": {"x": 1}, "y": [2]}}
    assert sorted(pack.texts) == ["a/b/data.json", "a/data.yaml", "a/other.json"]


def test_the_revision_follows_the_content_alone(tmp_path: Path) -> None:
    one = write(tmp_path / "one", a_DOT_rego="package a\n", data_DOT_json='{"x":1,"y":2}')
    same = write(tmp_path / "same", a_DOT_rego="package a\n", data_DOT_json='{ "y": 2, "x": 1 }')
    other = write(tmp_path / "other", a_DOT_rego="package a\n#\n", data_DOT_json='{"x":1,"y":2}')
    revisions = [load_pack(folder).revision for folder in (one, same, other)]
    assert revisions[0] == revisions[1] != revisions[2]


@pytest.mark.parametrize(
    ("name", "content", "line"),
    [
        ("a.rego", b"package a\n\xff", 0),
        ("data.json", b'{"a": 1,\n "b" 2}', 2),
        ("data.json", b"[1]", 0),
        ("data.json", b"\xff", 0),
        ("data.json", b'{"a": "\\udc80"}', 1),
        ("data.yaml", b"a: 1\nb: [\n", 3),
        ("data.yaml", b"a: !!python/object/apply:os.system [id]\n", 1),
        ("data.yaml", b"- 1\n", 0),
        ("data.yaml", b"1: a\n", 0),
    ],
)
def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, name: str, content: bytes, line: int) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(PolicyInvalid) as caught:
        load_pack(tmp_path, prefix="team/")
    (problem,) = caught.value.problems
    assert problem.file == f"team/{name}"
    assert problem.line == line


def test_two_data_files_of_a_folder_may_not_give_the_same_key(tmp_path: Path) -> None:
    write(tmp_path, data_DOT_json='{"x": 1}', data_DOT_yaml="x: 2\n")
    with pytest.raises(PolicyInvalid, match="'x' is given by another"):
        load_pack(tmp_path)


def test_a_folder_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(PolicyInvalid, match="no such folder"):
        load_pack(tmp_path / "none")


def test_hidden_files_and_caches_are_no_part_of_a_pack(tmp_path: Path) -> None:
    (tmp_path / ".hidden").mkdir()
    (tmp_path / ".hidden" / "b.rego").write_text("x")
    (tmp_path / "__pycache__").mkdir()
    (tmp_path / "__pycache__" / "c.rego").write_text("x")
    (tmp_path / "a.rego").write_text("package a\n")
    assert [module.path for module in load_pack(tmp_path).modules] == ["a.rego"]


def test_a_team_pack_may_not_touch_shipped_packages(tmp_path: Path) -> None:
    team = write(tmp_path, x_DOT_rego="package yumen.authz\n\nallow := true\n")
    with pytest.raises(PolicyInvalid, match=r"belongs to authz/authz\.rego"):
        join(load_pack(SHIPPED), [load_pack(team)])


def test_a_team_pack_may_replace_a_package_it_was_allowed_to(tmp_path: Path) -> None:
    team = load_pack(write(tmp_path, x_DOT_rego="package yumen.authz\n\nallow := true\n"), prefix="team/")
    joined = join(load_pack(SHIPPED), [team], replace=["yumen.authz"])
    assert [module.path for module in joined.modules if module.package.startswith("yumen.authz")] == ["team/x.rego"]


def test_a_team_pack_may_change_configuration_but_no_other_data(tmp_path: Path) -> None:
    shipped = load_pack(
        write(tmp_path / "s", config__a__data_DOT_json='{"x": 1, "y": {"z": 2}}', data_DOT_json='{"k": 1}')
    )
    team = load_pack(write(tmp_path / "t", config__a__data_DOT_json='{"y": {"w": 3}}', new__data_DOT_json='{"n": 1}'))
    assert join(shipped, [team]).data == {"config": {"a": {"x": 1, "y": {"z": 2, "w": 3}}}, "k": 1, "new": {"n": 1}}
    assert shipped.data == {"config": {"a": {"x": 1, "y": {"z": 2}}}, "k": 1}
    other = load_pack(write(tmp_path / "u", data_DOT_json='{"k": 2}'))
    with pytest.raises(PolicyInvalid, match=r"data\.k is given by another pack"):
        join(shipped, [other])


def test_lists_of_entries_with_an_id_are_joined_by_it(tmp_path: Path) -> None:
    shipped = load_pack(
        write(tmp_path / "s", config__a__data_DOT_json='{"x": [{"id": "1"}, {"id": "2"}], "y": [1, 2]}')
    )
    given = '{"x": [{"id": "2", "new": true}, {"id": "3"}], "y": [3]}'
    team = load_pack(write(tmp_path / "t", config__a__data_DOT_json=given))
    assert join(shipped, [team]).data["config"]["a"] == {
        "x": [{"id": "1"}, {"id": "2", "new": True}, {"id": "3"}],
        "y": [3],
    }
    bare = load_pack(write(tmp_path / "u", config__a__data_DOT_json='{"x": [{"new": true}]}'))
    assert join(shipped, [bare]).data["config"]["a"]["x"] == [{"new": True}]


def test_a_teams_rule_on_residency_leaves_the_shipped_ones(tmp_path: Path) -> None:
    shipped = load_pack(SHIPPED)
    own = '{"rules": [{"id": "org.gcc", "effect": "allow", "origins": ["AE"], "destinations": ["SA"]}]}'
    team = load_pack(write(tmp_path, config__residency__data_DOT_json=own))
    rules = join(shipped, [team]).data["config"]["residency"]["rules"]
    assert [rule["id"] for rule in rules] == [
        *(rule["id"] for rule in shipped.data["config"]["residency"]["rules"]),
        "org.gcc",
    ]
