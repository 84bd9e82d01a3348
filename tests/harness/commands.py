"""Every command in a valid call: a new command joins the harness by one entry here.

In a call, `@NAME` is an input that `inputs.py` makes; other paths are written by the
command, in its working folder. Names of options stand here and nowhere else in the
harness; those that are not in a call are read from `--help`.
"""

import re
import shlex
from dataclasses import dataclass

TINY = (
    "--data.planted.train 48 --data.planted.queries 8 --data.planted.database 56 "
    "--options.hidden 8 --options.neighbors 4 --bits 8 --training.epochs 3 "
    "--training.save-every 1"
)
"""A run of a second; after TINY, its options may be given once more."""

SMALL_SCENES = (
    "--scenes.train 24 --scenes.queries 8 --scenes.database 32 --scenes.side 24 "
    "--scenes.text-dim 8 --epochs 1"
)

RESUME = "--resume"

TIMES_IN_PAGES = ("*/report/index.html", "*/report/tables/overview.*")

PROGRESS = r".*(MAP|loss|epoch|pictures|texts|rows|searching|drawing|left|skipped:)"
"""Lines of progress that may stand before the last line of standard error."""


@dataclass(frozen=True)
class Command:
    """A valid call of a command, and what it leaves."""

    call: str
    """What follows `scbch`."""
    writes: tuple[str, ...] = ()
    """Files and folders that it writes, below its working folder."""
    again: str = ""
    """More words for a call that follows one that was killed."""
    grows: bool = False
    """Whether outputs are folders that grow, and so need not be whole after a kill."""
    replaces: bool = False
    """Whether a file that is there already is replaced."""
    timed: bool = False
    """Whether its results are times, so that two runs differ in every number."""
    varies: tuple[str, ...] = ()
    """Patterns of files that hold times in words: only their names are compared."""
    codes: tuple[int, ...] = (0, 2)
    """Exit codes that input of any kind may end with."""
    changes: tuple[str, ...] = ()
    """Inputs, of this command alone, that it changes where it succeeds."""
    needs: str = ""
    """A package without which the command is not tested."""
    serves: bool = False
    """Whether it runs until SIGTERM, and then ends with 0."""
    kills: int = 0
    """How many kills, of those at a change on disk."""
    kills_by_time: int = 0
    """How many kills at a moment of the run."""
    malformed: int = 40
    """How many malformed inputs."""

    @property
    def words(self) -> list[str]:
        """The call in words."""
        return shlex.split(self.call)

    @property
    def inputs(self) -> list[str]:
        """The inputs in the call, by name."""
        return [name for word in self.words for name in re.findall(r"@(\S+)", word)]

    @property
    def path(self) -> list[str]:
        """The words that name the command: one, or two where it has subcommands."""
        groups = ("data", "features", "index", "bench")
        return self.words[: 1 + (self.words[0] in groups)]


COMMANDS: dict[str, Command] = {
    "train": Command(
        f"train @plan.py {TINY} --out run",
        ("run",),
        again=RESUME,
        grows=True,
        kills=8,
        kills_by_time=4,
        malformed=50,
    ),
    "train on a store": Command(
        f"train @plan.json {TINY} --data.name store --data.root @store --out run",
        ("run",),
        again=RESUME,
        grows=True,
        malformed=30,
    ),
    "train with a confusion": Command(
        f"train @plan.json {TINY} --noise.kind class-dependent --noise.confusion "
        "@confusion.npy --out run",
        ("run",),
        again=RESUME,
        grows=True,
        malformed=12,
    ),
    "sweep": Command(
        f"sweep @sweep.py {TINY} --only seed0 --lanes 2 --out sweep",
        ("sweep",),
        grows=True,
        varies=TIMES_IN_PAGES,
        codes=(0, 1, 2),
        kills=6,
        kills_by_time=2,
        malformed=16,
    ),
    "evaluate": Command(
        "evaluate @run --csv scores.csv --curve curve.csv --queries queries.csv",
        ("scores.csv", "curve.csv", "queries.csv"),
        replaces=True,
        kills=5,
        kills_by_time=1,
        malformed=45,
    ),
    "evaluate codes": Command(
        "evaluate @query.npz @database.npz --cutoffs 5 --csv scores.csv",
        ("scores.csv",),
        replaces=True,
        kills=2,
        malformed=60,
    ),
    "evaluate relaxed codes": Command(
        "evaluate @relaxed-query.npz @relaxed-database.npz --rank query both "
        "--csv scores.csv",
        ("scores.csv",),
        replaces=True,
        malformed=45,
    ),
    "compare": Command("compare @run @other --rounds 50", malformed=35),
    "report": Command(
        "report @run --out page", ("page",), grows=True, kills=8, kills_by_time=2
    ),
    "encode": Command(
        "encode @run --out codes.npz",
        ("codes.npz",),
        replaces=True,
        kills=2,
        kills_by_time=1,
        malformed=32,
    ),
    "encode features": Command(
        "encode @run --features @features.npz --out codes.npz",
        ("codes.npz",),
        replaces=True,
        kills=2,
        malformed=32,
    ),
    "index build": Command(
        "index build @database.npz --out index",
        ("index",),
        kills=4,
        kills_by_time=1,
        malformed=30,
    ),
    "index copy": Command(
        "index copy @index postgresql://127.0.0.1:1/photos",
        codes=(2,),
        malformed=20,
    ),
    "index build of features": Command(
        "index build @feature-folder --run @run --part-rows 3 --out index",
        ("index",),
        kills=4,
        kills_by_time=1,
        malformed=40,
    ),
    "index build of pictures": Command(
        "index build @raw-run @pictures --batch-size 4 --out index",
        ("index",),
        kills=6,
        kills_by_time=1,
        malformed=40,
    ),
    "index engine": Command(
        "index engine @own-index faiss-ivf", changes=("own-index",), malformed=20
    ),
    "index info": Command("index info @index", malformed=20),
    "index verify": Command("index verify @index", codes=(0, 1, 2), malformed=20),
    "search": Command(
        "search @index --queries @query.npz --k 3 --out hits.npz",
        ("hits.npz",),
        replaces=True,
        kills=2,
        malformed=30,
    ),
    "search by words": Command(
        "search @raw-index --text red --k 3 --out hits.npz",
        ("hits.npz",),
        replaces=True,
        malformed=40,
    ),
    "search to a page": Command(
        "search @raw-index --text red --k 3 --page found.html",
        ("found.html",),
        replaces=True,
        malformed=10,
    ),
    "search by workers": Command(
        "search @index --queries @query.npz --k 3 --workers 2 --out hits.npz",
        ("hits.npz",),
        replaces=True,
        kills=1,
        malformed=4,
    ),
    "search by relaxed codes": Command(
        "search @relaxed-index --queries @relaxed-query.npz --rank both --k 3 "
        "--out hits.npz",
        ("hits.npz",),
        replaces=True,
        malformed=45,
    ),
    "serve": Command("serve @index --port 0", serves=True, malformed=24),
    "demo": Command(
        f"demo {SMALL_SCENES} --out demo",
        ("demo",),
        grows=True,
        varies=TIMES_IN_PAGES,
        kills=2,
        kills_by_time=1,
        malformed=5,
    ),
    "data show": Command("data show --name store --root @store", malformed=60),
    "data inspect": Command("data inspect @arrays.npz", malformed=85),
    "data inspect of a store": Command("data inspect @store", malformed=40),
    "data import": Command(
        "data import @arrays.npz --queries 4 --train 9 --out store",
        ("store",),
        kills=8,
        kills_by_time=1,
        malformed=70,
    ),
    "data import by keys": Command(
        "data import @arrays.h5 @arrays.mat --image X --text Y --labels L "
        "--queries 4 --train 9 --out store",
        ("store",),
        malformed=60,
    ),
    "data build": Command(
        "data build mirflickr --from @mirflickr --against @published.mat --queries 4 "
        "--train 9 --out store",
        ("store",),
        kills=6,
        kills_by_time=1,
        malformed=60,
    ),
    "data build nuswide": Command(
        "data build nuswide --from @nuswide --queries 4 --train 9 --out store",
        ("store",),
        malformed=40,
    ),
    "data build coco": Command(
        "data build coco --from @coco-original --queries 3 --train 4 --out store",
        ("store",),
        malformed=40,
    ),
    "data build iapr": Command(
        "data build iapr --from @iapr --queries 3 --train 9 --out store",
        ("store",),
        malformed=40,
    ),
    "data draw": Command(
        "data draw --train 40 --queries 8 --database 48 --out drawn",
        ("drawn",),
        kills=3,
    ),
    "data verify": Command("data verify @store", malformed=70),
    "data noise": Command(
        "data noise --planted.train 48 --planted.database 56 --kinds swap add "
        "--rates 0.5 --out noise",
        ("noise",),
        kills=4,
        kills_by_time=1,
        malformed=32,
    ),
    "data clean": Command(
        "data clean @store --folds 3 --shown 4 --out cleaned",
        ("cleaned",),
        kills=6,
        kills_by_time=1,
        malformed=40,
    ),
    "data correct": Command(
        "data correct @store @corrections.csv --out corrected",
        ("corrected",),
        kills=2,
        malformed=20,
    ),
    "data tfds": Command(
        "data tfds @store --out sets", ("sets",), grows=True, kills=6, kills_by_time=1
    ),
    "data tfds to a store": Command(
        "data tfds @sets --out store", ("store",), kills=6, malformed=45
    ),
    "data captions": Command(
        "data captions @coco --split train --out captions",
        ("captions",),
        grows=True,
        kills=5,
    ),
    "features images": Command(
        "features images @pictures --network descriptor --batch-size 4 --out a.npz",
        ("a.npz",),
        replaces=True,
        kills=6,
        kills_by_time=2,
        malformed=32,
    ),
    "features texts": Command(
        "features texts @list.jsonl --out a.npz", ("a.npz", "a.model"), kills=4
    ),
    "features texts by doc2vec": Command(
        "features texts @list.csv --kind doc2vec --dim 8 --epochs 2 --out a.npz",
        ("a.npz", "a.model"),
        kills=4,
    ),
    "features texts with a model": Command(
        "features texts @list.csv --model @words.model --out a.npz",
        ("a.npz",),
        replaces=True,
        kills=2,
        malformed=45,
    ),
    "features all": Command(
        "features all @pictures --network descriptor --batch-size 4 --out store",
        ("store", "store.model"),
        kills=8,
        kills_by_time=2,
        malformed=30,
    ),
    "features all by a network": Command(
        "features all @pictures --network @clip --batch-size 4 --out store",
        ("store",),
        needs="transformers",
        kills=6,
        kills_by_time=2,
        malformed=60,
    ),
    "features images by a network": Command(
        "features images @pictures --network @clip --batch-size 4 --out a.npz",
        ("a.npz",),
        needs="transformers",
        replaces=True,
        malformed=20,
    ),
    "features texts by a network": Command(
        "features texts @list.jsonl --network @clip --out a.npz",
        ("a.npz",),
        needs="transformers",
        replaces=True,
        kills=4,
        malformed=40,
    ),
    "crosscheck": Command(
        "crosscheck @recorded.npz --json lines.jsonl --figure steps.png",
        ("lines.jsonl", "steps.png"),
        replaces=True,
        codes=(0, 1, 2),
        kills=2,
        malformed=10,
    ),
    "convert": Command(
        "convert @run out.safetensors",
        ("out.safetensors",),
        replaces=True,
        kills=2,
        kills_by_time=1,
        malformed=35,
    ),
    "convert to a run": Command(
        "convert @weights.safetensors run", ("run",), kills=4, malformed=30
    ),
    "bench all": Command(
        "bench all --report --out @benchmarks",
        changes=("benchmarks",),
        codes=(0, 1, 2),
        malformed=20,
    ),
    "bench evaluate": Command(
        "bench evaluate --queries 8 --items 40 --bits 8 --rounds 1 --sampled 4 "
        "--json lines.jsonl --figure lines.png",
        ("lines.jsonl", "lines.png"),
        replaces=True,
        timed=True,
        kills=2,
        malformed=20,
    ),
    "bench search": Command(
        "bench search --items 40 --bits 8 --queries 1 --k 2 --rounds 1 "
        "--json lines.jsonl",
        ("lines.jsonl",),
        replaces=True,
        timed=True,
        kills=2,
        malformed=20,
    ),
    "bench serve": Command(
        "bench serve --items 40 --bits 8 --k 2 --connections 2 --overload 0.5 "
        "--seconds 0.1 --json lines.jsonl",
        ("lines.jsonl",),
        replaces=True,
        timed=True,
        kills=2,
        malformed=12,
    ),
    "bench lanes": Command(
        "bench lanes --lanes 2 --hidden 8 --rows 40 --rounds 1 --json lines.jsonl",
        ("lines.jsonl",),
        replaces=True,
        timed=True,
        kills=2,
        malformed=12,
    ),
    "bench roofline": Command("bench roofline --hidden 8", malformed=6),
    "bench neighbors": Command(
        "bench neighbors --rows 40 --bits 8 --neighbors 4 --rounds 1 --sampled 4 "
        "--json lines.jsonl --figure lines.png",
        ("lines.jsonl", "lines.png"),
        replaces=True,
        timed=True,
        kills=2,
        malformed=20,
    ),
}
"""By name; each is tested on its own."""

KILLED = [name for name, command in COMMANDS.items() if command.kills]


def _first_of_each_output() -> list[str]:
    found: dict[tuple, str] = {}
    for name, command in COMMANDS.items():
        if command.writes:
            found.setdefault((*command.path, *command.writes), name)
    return [*found.values()]


FILLING = _first_of_each_output()
"""Those that meet full disks: of calls that write the same in the same way, one."""
