"""Every command that writes, killed while it writes, and called again."""

import shutil
import signal
import zlib

import numpy as np
import pytest
from harness import folders
from harness.commands import COMMANDS, KILLED
from harness.known import KNOWN
from harness.running import Kill

pytestmark = [pytest.mark.slow, pytest.mark.nightly, pytest.mark.commands]

EARLIER = b"an earlier result"

ENDED_BY = {
    signal.SIGKILL: (-signal.SIGKILL,),
    # A command that does not wait for SIGTERM dies of it; one that does saves first,
    # or had nothing left to do.
    signal.SIGTERM: (143, -signal.SIGTERM, 0),
}
"""Exit codes of a run that got a signal."""


def test_there_are_enough():
    """What one run of the long tests is to try at least."""
    table = COMMANDS.values()
    assert sum(c.kills + c.kills_by_time for c in table) >= 100
    assert sum(c.malformed for c in table) >= 1000
    lacking = [n for n, c in COMMANDS.items() if c.writes and not _killed_as(c.path)]
    assert not lacking, "commands that write and are never killed"


@pytest.mark.parametrize("label", KNOWN)
def test_a_known_failure_is_left_out(label):
    pytest.skip(f"{label}: {KNOWN[label]}")


def _killed_as(path):
    return any(COMMANDS[name].path == path for name in KILLED)


@pytest.mark.parametrize("name", KILLED)
def test_a_killed_command_can_be_called_again(
    harness, tmp_path, is_asked, record_property, name
):
    """Whatever moment it is killed at, the same call then gives the same files."""
    problems, count = [], 0
    for number, kill in enumerate(_kills(name, harness.whole(name))):
        label = f"{name}: {kill}"
        if is_asked(label):
            case = _Case(harness, name, tmp_path / f"{number}", earlier=number % 2 == 1)
            said = case.check(kill)
            count += case.kills
            problems += [f"{label}\n  {line}" for line in said]
    record_property("harness: kills", count)
    if problems:
        lines = [f"scbch {COMMANDS[name].call}", f"in {tmp_path}", *problems]
        pytest.fail("\n".join(lines), pytrace=False)


def _kills(name, whole):
    """At changes on disk, all over the run, and at random moments of its work."""
    command = COMMANDS[name]
    rng = np.random.default_rng(zlib.crc32(name.encode()))
    changes = len(whole.ran.events)
    assert changes, f"{name} writes nothing that can be seen"
    numbers = (_SIGKILL, _SIGKILL, _SIGTERM)
    # Evenly over the run, from a random start; some changes twice if there are few.
    steps = (np.arange(command.kills) + rng.random()) / max(command.kills, 1)
    for i, step in enumerate(steps):
        yield Kill(event=1 + int(step * changes), number=numbers[i % 3])
    first = float(whole.ran.events[0].split()[0])
    for i in range(command.kills_by_time):
        after = rng.uniform(first, whole.ran.seconds)
        yield Kill(after=round(float(after), 4), number=numbers[i % 3])


_SIGKILL, _SIGTERM = signal.SIGKILL, signal.SIGTERM


class _Case:
    """One kill, and the call after it."""

    def __init__(self, harness, name, folder, *, earlier):
        self.harness, self.name, self.folder = harness, name, folder
        self.command, self.whole = COMMANDS[name], harness.whole(name)
        self.words = harness.words(self.command)
        self.earlier = earlier and self.command.replaces
        self.kills = 0

    def check(self, kill):
        """What went wrong; the folder is kept if anything did."""
        ran = self._kill(kill)
        problems = [*self._of_the_killed(ran, kill), *self._of_the_next()]
        if not problems:
            shutil.rmtree(self.folder)
        return problems

    def _kill(self, kill):
        """Until the signal meets the command while it runs."""
        for _ in range(5):
            shutil.rmtree(self.folder, ignore_errors=True)
            self.folder.mkdir()
            for output in self.command.writes if self.earlier else ():
                (self.folder / output).write_bytes(EARLIER)
            ran = self.harness.run(self.words, self.folder, kill)
            at = kill.event or 0
            if ran.code != 0 or (kill.event and len(ran.events) >= at):
                break
            # It was faster than the run before it.
            kill = Kill(at // 2 or None, kill.after and kill.after / 2, kill.number)
        self.kills += 1
        return ran

    def _of_the_killed(self, ran, kill):
        if ran.hung or ran.code not in ENDED_BY[kill.number]:
            yield f"ended with {ran.code}, hung: {ran.hung}: {ran.err[-400:]}"
        if "Traceback" in ran.err:
            yield f"a traceback: {ran.err[-400:]}"
        if self.command.grows:
            return
        earlier = EARLIER if self.earlier else None
        for output in self.harness.half_written(self.name, self.folder, earlier):
            yield f"{output} is half-written, after {_last(ran)}"

    def _of_the_next(self):
        found = folders.contents(self.folder)
        # What is whole already may be refused: it is there.
        done = not self.whole.difference(found)
        ran = self.harness.run([*self.words, *self.command.again.split()], self.folder)
        refused = done and ran.code == 2
        if ran.code != 0 and not refused:
            yield f"called again, it ended with {ran.code}: {ran.err.strip()[-400:]}"
            return
        if difference := self.whole.difference(folders.contents(self.folder)):
            yield f"called again, it left other files: {difference}"


def _last(ran):
    return ran.events[-1] if ran.events else "nothing"
