"""The folder of compiled programs: which one, when, and how large."""

import os
import subprocess
import sys

import pytest
from conftest import ROOT

from scbch_jax import compiled
from scbch_jax.cli import program
from scbch_jax.errors import InputError


@pytest.fixture
def chosen(monkeypatch, tmp_path):
    """The folders that JAX is given, in an environment that names none."""
    folders = []
    monkeypatch.setattr(compiled, "_use", folders.append)
    monkeypatch.setattr(compiled, "_is_chosen", lambda: False)
    monkeypatch.setenv(compiled.VARIABLE, "")  # What is set in a test ends with it.
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "user"))
    return folders


def test_by_default_it_is_in_the_users_cache_folder(chosen, tmp_path):
    compiled.keep_programs()
    (folder,) = chosen
    assert folder.parent == tmp_path / "user" / "scbch_jax" / "compiled"
    assert folder.is_dir()
    assert folder.stat().st_mode & 0o077 == 0


def test_the_variable_and_the_argument_move_it(chosen, tmp_path, monkeypatch):
    monkeypatch.setenv(compiled.VARIABLE, str(tmp_path / "a"))
    compiled.keep_programs()
    compiled.keep_programs(str(tmp_path / "b"))
    assert [folder.parent.name for folder in chosen] == ["a", "b"]


@pytest.mark.parametrize("given", ["argument", "variable"])
def test_off_switches_it_off_for_later_calls_too(chosen, tmp_path, monkeypatch, given):
    settings = []
    monkeypatch.setattr(compiled, "_set", settings.append)
    if given == "argument":
        compiled.keep_programs("off")
        assert settings == [{"jax_enable_compilation_cache": False}]
    else:
        monkeypatch.setenv(compiled.VARIABLE, "off")
    compiled.keep_programs()
    assert chosen == []
    assert not (tmp_path / "user").exists()


def test_a_place_holds_for_later_calls(chosen, tmp_path):
    compiled.keep_programs(str(tmp_path / "a"))
    compiled.keep_programs()
    assert [folder.parent.name for folder in chosen] == ["a", "a"]


def test_a_choice_by_jax_s_own_option_stays(chosen, tmp_path, monkeypatch):
    monkeypatch.setattr(compiled, "_is_chosen", lambda: True)
    compiled.keep_programs()
    assert chosen == []
    compiled.keep_programs(str(tmp_path))
    assert len(chosen) == 1


@pytest.mark.parametrize("mode", [0o777, 0o770, 0o500])
def test_a_folder_that_is_not_private_is_not_used(chosen, tmp_path, mode):
    """A program that is read is run, so nobody else may write it."""
    if mode == 0o500 and os.geteuid() == 0:
        pytest.skip("the superuser can write every folder")
    compiled.keep_programs()
    folder = chosen.pop()
    folder.chmod(mode)
    compiled.keep_programs()
    assert chosen == []


def test_a_given_folder_that_cannot_be_made_is_refused(chosen, tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match="a folder that only you can write"):
        compiled.keep_programs(str(tmp_path / "file"))
    assert chosen == []


def test_those_not_read_for_longest_are_removed(tmp_path):
    for i, name in enumerate(["new", "old", "older"]):
        (tmp_path / name).write_bytes(bytes(100))
        os.utime(tmp_path / name, (1000 - i, 1000))
    compiled.prune(tmp_path, max_bytes=250)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["new", "old"]


@pytest.mark.parametrize("words", [[], ["off"], ["x="], ["--compilation-cache="]])
def test_the_option_stands_before_a_command(words, capsys):
    assert program.main([program.CACHE_OPTION, *words]) == 2
    assert len(capsys.readouterr().err.splitlines()) == 1


PROGRAM = """
import sys, jax
from scbch_jax import compiled
jax.numpy.ones(3).sum()
compiled.keep_programs(sys.argv[1])
print(jax.jit(lambda x: (x @ x.T).sum())(jax.numpy.ones((3, 4))))
"""


def run_program(folder):
    environment = {k: v for k, v in os.environ.items() if not k.startswith("JAX_")}
    return subprocess.run(
        [sys.executable, "-c", PROGRAM, str(folder)],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )


@pytest.mark.slow
def test_a_second_process_compiles_nothing_and_a_damaged_program_is_ignored(tmp_path):
    """Also where JAX has compiled a program before."""
    first = run_program(tmp_path)
    files = {p: p.read_bytes() for p in tmp_path.rglob("*-cache")}
    assert any(p.name.startswith("jit__lambda") for p in files)
    assert run_program(tmp_path).stdout == first.stdout
    assert {p: p.read_bytes() for p in tmp_path.rglob("*-cache")} == files
    for path in files:
        path.write_bytes(files[path][:50])
    damaged = run_program(tmp_path)
    assert damaged.stdout == first.stdout
    assert "Error reading persistent compilation cache" in damaged.stderr
