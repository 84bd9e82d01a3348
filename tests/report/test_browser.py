"""The page as a browser shows it, wide and narrow, light and dark."""

import io
import json
import re
import shutil
import subprocess

import numpy as np
import pytest
from made_runs import write_run, write_search
from PIL import Image

from scbch_jax import report
from scbch_jax.config import Data, Experiment, Noise, Training, scbch
from scbch_jax.report import page, writing
from scbch_jax.report.label_page import LabelReview, render_label_page
from scbch_jax.types import DisplayData

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser"))), None)

pytestmark = [
    pytest.mark.commands,
    pytest.mark.skipif(
        CHROMIUM is None, reason="no Chromium: apt-get install chromium brings it"
    ),
]

QUIET = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--enable-logging=stderr",
    "--hide-scrollbars",
]

WATCH = """
const wrong = [];
addEventListener("error", e => wrong.push("error: " + e.message));
addEventListener("securitypolicyviolation", e => wrong.push("wants " + e.blockedURI));
function box(e) { return e.getBoundingClientRect(); }
function named(e) { return e.textContent.trim().slice(0, 40); }
function meet(a, b) {
  return Math.min(a.right, b.right) - Math.max(a.left, b.left) > 1 &&
    Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 1;
}
addEventListener("load", () => {
  for (const e of document.querySelectorAll("details")) e.open = true;
  const wide = document.documentElement.scrollWidth;
  if (wide > innerWidth) wrong.push(`the page is ${wide} wide`);
  const parts = "h1,h2,h3,p,a,pre,svg,summary,figcaption,.hit,.query";
  for (const e of document.querySelectorAll(parts))
    if (box(e).left < 0 || box(e).right > innerWidth + 0.5)
      wrong.push("cut: " + named(e));
  for (const svg of document.querySelectorAll("svg")) {
    const words = [...svg.querySelectorAll("text")].filter(e => named(e));
    for (const [i, e] of words.entries()) {
      const own = box(e), all = box(svg);
      if (own.left < all.left - 1 || own.right > all.right + 1 ||
          own.top < all.top - 1 || own.bottom > all.bottom + 1)
        wrong.push("leaves its figure: " + named(e));
      for (const other of words.slice(i + 1))
        if (meet(own, box(other))) wrong.push(`overlap: ${named(e)} / ${named(other)}`);
    }
  }
  for (const e of document.querySelectorAll("img"))
    if (!e.complete || !e.naturalWidth) wrong.push("a picture that is not shown");
  parent.postMessage({
    wrong, width: innerWidth, figures: document.querySelectorAll("svg").length,
    pictures: document.querySelectorAll("img").length,
    requests: performance.getEntriesByType("resource")
      .map(e => e.name).filter(n => !n.startsWith("data:")),
    ground: getComputedStyle(document.body).backgroundColor,
    ink: document.querySelector("svg text")
      ? getComputedStyle(document.querySelector("svg text")).fill
      : getComputedStyle(document.body).color,
  }, "*");
});
"""

FRAME = """<!doctype html><meta name="color-scheme" content="light dark">
<script>addEventListener("message", e => {
  const found = document.createElement("script");
  found.type = "application/json";
  found.id = "found";
  found.textContent = JSON.stringify(e.data);
  document.body.append(found);
});</script>
<iframe src="watched.html" width="WIDTH" height="900" style="border: 0"></iframe>
"""
"""A window has a minimum width, which is above that of a phone; a frame has none."""


def write_traces(part):
    """Codes and confidence of two epochs; searches in the last."""
    rng = np.random.default_rng(0)
    np.savez(part / "noise.npz", rows=np.arange(9))
    codes = {"labels": (rng.random((16, 6)) < 0.4).astype(np.uint8)}
    codes |= {side: rng.normal(size=(16, 8)) for side in ("image", "text")}
    last = write_search(part, epoch=9)
    np.savez(part / "traces" / "epoch-0001.npz", confidence=np.ones(20), **codes)
    path = part / "traces" / "epoch-0009.npz"
    np.savez(path, confidence=rng.random(20), **codes, **last)


@pytest.fixture(scope="module")
def shown(tmp_path_factory):
    """Ablations at several rates and lengths, pictures, captions, long names."""
    root = tmp_path_factory.mktemp("shown")
    folders, rng = [], np.random.default_rng(0)
    for drop in scbch.ABLATIONS.values():
        for rate, bits in ((0.2, 64), (0.8, 64), (0.8, 16)):
            experiment = Experiment(
                data=Data("mirflickr"),
                noise=Noise(rate=rate),
                bits=bits,
                options=scbch.Options(drop=drop),
                training=Training(epochs=9),
                seeds=(0, 1),
            )
            values = 0.7 + 0.004 * rng.normal(size=(2, 9))
            folders.append(
                write_run(root / f"run{len(folders)}", experiment, values.tolist())
            )
    write_traces(folders[0] / "seed-0")
    picture = a_picture()
    names = [f"a label of some length {i}" for i in range(6)]
    captions = ["Two dogs and a boat in front of a red house <by> the sea."] * 20
    display = DisplayData(names, captions, lambda row: picture)
    runs = report.read_runs(folders)
    index = writing.write(
        runs, root / "report", details=2, display_of=lambda run: display
    )
    return index, watch(index, root / "watched.html")


@pytest.fixture(scope="module")
def labels(tmp_path_factory):
    """A page of labels with long names and captions; every second row has a picture."""
    root = tmp_path_factory.mktemp("labels")
    rng = np.random.default_rng(0)
    given, probability = rng.integers(2, size=(20, 9)), rng.random((20, 9))
    errors = np.abs(given - probability).sum(axis=1)
    review = LabelReview(given, probability, errors, *rng.random((2, 9)))
    names = [f"a label of some length {i}" for i in range(9)]
    captions = ["Two dogs and a boat in front of a red house <by> the sea."] * 20
    content = a_picture()
    display = DisplayData(names, captions, lambda row: content if row % 2 else None)
    index = root / "index.html"
    index.write_text(render_label_page(review, "photos", display=display, shown=20))
    return index, watch(index, root / "watched.html")


def a_picture():
    content = io.BytesIO()
    Image.new("RGB", (40, 30), "gray").save(content, "PNG")
    return content.getvalue()


def watch(index, watched):
    """A copy of a page with the script that looks for what is wrong."""
    text = index.read_text()
    assert text.count(page.POLICY) == 1
    text = text.replace(page.POLICY, page.POLICY + "; script-src 'nonce-test'")
    watched.write_text(
        text.replace("<style>", f'<script nonce="test">{WATCH}</script><style>', 1)
    )
    return watched


def browse(path, home, *words):
    """What Chromium makes of a page, and what it says meanwhile."""
    assert CHROMIUM is not None
    ran = subprocess.run(
        [CHROMIUM, *QUIET, f"--user-data-dir={home}", *words, path.as_uri()],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    return ran.stdout, [x for x in ran.stderr.splitlines() if "CONSOLE" in x]


@pytest.mark.parametrize(("width", "dark"), [(1280, False), (390, True)])
@pytest.mark.parametrize(("name", "counts"), [("shown", (15, 14)), ("labels", (0, 10))])
def test_nothing_is_clipped_or_overlaps_or_is_requested(
    request, tmp_path, name, counts, width, dark
):
    _, watched = request.getfixturevalue(name)
    frame = watched.with_name(f"frame-{width}-{dark}.html")
    frame.write_text(FRAME.replace("WIDTH", str(width)))
    scheme = f"--blink-settings=preferredColorScheme={0 if dark else 1}"
    words = (scheme, "--virtual-time-budget=2000", "--dump-dom")
    said, console = browse(frame, tmp_path / "home", *words)
    (found,) = re.findall(r'id="found">(.*?)</script>', said)
    found = json.loads(found)
    assert found["wrong"] == []
    assert console == []
    assert found["requests"] == []
    assert found["width"] == width
    assert (found["figures"], found["pictures"]) == counts
    grounds = {False: "rgb(254, 254, 253)", True: "rgb(22, 22, 21)"}
    inks = {False: "rgb(27, 27, 26)", True: "rgb(233, 233, 230)"}
    assert (found["ground"], found["ink"]) == (grounds[dark], inks[dark])


def test_the_page_runs_no_script_and_logs_no_error(shown, tmp_path):
    index, _ = shown
    words = ("--window-size=800,600", "--dump-dom")
    said, console = browse(index, tmp_path / "home", *words)
    assert console == []
    assert "<script" not in said
    links = re.findall(r'(?:src|href|action)="([^"]*)"', said)
    assert len(links) > 10
    assert all(link.startswith(("#", "data:image/")) for link in links)
