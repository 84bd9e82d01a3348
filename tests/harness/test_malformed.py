"""Malformed inputs of every kind, for every command: one line, and nothing is left."""

import itertools
import re
import shlex
import shutil
import signal
import stat
import zlib

import numpy as np
import pytest
from harness import folders
from harness.commands import COMMANDS, PROGRESS
from harness.damage import wrong_inputs
from harness.malform import options_of, wrong_outputs, wrong_values, wrong_words
from harness.running import Kill

pytestmark = [pytest.mark.slow, pytest.mark.nightly, pytest.mark.commands]

LIMIT = 20.0
"""Processor seconds after which a malformed input is said to hang."""

SERVED = 1.0
"""Seconds after which a service is ended."""

KEPT = re.compile(r"\.partial(/|$)")
"""What may stay after a refusal: pictures that were computed, for the next call."""


@pytest.mark.parametrize("name", COMMANDS)
def test_malformed_input_is_one_line(
    harness, tmp_path, is_asked, record_property, name
):
    """The exit code is 2 and nothing is left; or the input was of use after all."""
    count, problems, failed = 0, [], 0
    chosen = _chosen(harness, name)
    untouched = _unchanged_inputs(harness, name)
    for case in chosen:
        label = f"{name}: {case.label}"
        if is_asked(label):
            count += 1
            said = _check(harness, name, case, tmp_path / f"{count}" / "work")
            problems += said
            failed += bool(said)
    assert _unchanged_inputs(harness, name) == untouched, "inputs were changed"
    record_property("harness: malformed inputs", count)
    if problems:
        pytest.fail(f"{failed} cases failed\n" + "\n".join(problems), pytrace=False)


def _chosen(harness, name):
    """As many cases as the table says, of all kinds alike, drawn by the name."""
    command = COMMANDS[name]
    words = harness.words(command)
    first = len(command.path)
    asked = harness.run([*words[: first + 1], "--help"], harness.inputs.folder)
    inputs = {n: harness.inputs.path(n) for n in dict.fromkeys(command.inputs)}
    kinds = [
        [*wrong_inputs(words, inputs)],
        [*wrong_values(words, options_of(asked.out))],
        [*wrong_words(words, first)],
        [*wrong_outputs(words, first, command.writes)],
    ]
    rng = np.random.default_rng(zlib.crc32(name.encode()))
    drawn = [[cases[i] for i in rng.permutation(len(cases))] for cases in kinds]
    turns = itertools.chain.from_iterable(itertools.zip_longest(*drawn))
    return list(itertools.islice(filter(None, turns), command.malformed))


def _unchanged_inputs(harness, name):
    """What lies in the inputs that a command must not change."""
    found = folders.listing(harness.inputs.folder)
    own = COMMANDS[name].changes
    return {path: what for path, what in found.items() if path.split("/")[0] not in own}


def _check(harness, name, case, folder):
    folder.mkdir(parents=True)
    words = case.prepare(folder)
    before = folders.listing(folder.parent)
    kill = Kill(after=SERVED, number=signal.SIGTERM) if COMMANDS[name].serves else None
    ran = harness.server.run(words, folder, seconds=LIMIT, kill=kill)
    after = folders.listing(folder.parent)
    problems = [*_of_the_end(ran, COMMANDS[name]), *_of_files(ran, before, after)]
    if not problems:
        shutil.rmtree(folder.parent)
        return []
    call = shlex.join(words).encode(errors="backslashreplace").decode()
    return [
        f"{name}: {case.label}",
        f"  cd {folder}; scbch {call[:400]}",
        *(f"  {problem}" for problem in problems),
    ]


def _of_the_end(ran, command):
    lines = ran.err.splitlines()
    if ran.hung:
        yield f"it hangs: still running after {LIMIT:.0f} s of work"
    elif ran.code not in command.codes:
        yield f"ended with {ran.code}: {' | '.join(lines[-2:])[:400]}"
    elif "Traceback" in ran.err or "Exception ignored" in ran.err:
        yield f"a traceback: {lines[-1][:300]}"
    elif ran.code == 2:
        yield from _of_the_line(ran, lines)


def _of_the_line(ran, lines):
    if not lines or not lines[-1].startswith("scbch: "):
        yield f"the last line is none of scbch: {lines[-1:]}"
    if more := [x for x in lines[:-1] if x.strip() and not re.match(PROGRESS, x)]:
        yield f"{len(more)} lines more than one: {more[:2]}"[:400]
    if ran.out:
        yield f"it prints results before it refuses: {ran.out[:200]!r}"


def _of_files(ran, before, after):
    """Nothing is left by a refusal; what is no plain file is never replaced."""
    changed = {p for p in before | after if before.get(p) != after.get(p)}
    changed = {p for p in changed if not KEPT.search(p)}
    if ran.code == 2 and changed:
        yield f"it leaves or changes {sorted(changed)[:4]}"
    special = [p for p, what in before.items() if not stat.S_ISREG(what[0])]
    lost = [p for p in special if after.get(p, (0,))[0] != before[p][0]]
    if lost:
        yield f"it replaces what is no plain file: {lost[:4]}"
