"""The page in a real browser, and without scripts."""

import contextlib
import os
import re
import socket
from pathlib import Path
from urllib.parse import quote

import pytest
from browser import CHROMIUM, Browser
from serving import CLASSES, HOSTILE, StandIn, make_index, picture, running, wait_until

from scbch_jax import index
from scbch_jax.serve import page
from scbch_jax.serve.limits import Limits
from scbch_jax.serve.security import Rules

AXE = os.environ.get("SCBCH_AXE")
"""File of axe-core, which looks for barriers."""

TOKEN = "a-token-of-some-length"

chromium = [
    pytest.mark.commands,
    pytest.mark.skipif(
        CHROMIUM is None, reason="no Chromium: apt-get install chromium brings it"
    ),
]


@pytest.fixture(scope="module")
def tab(tmp_path_factory):
    """A browser."""
    with contextlib.closing(Browser(tmp_path_factory.mktemp("home"))) as found:
        yield found


@pytest.fixture(scope="module")
def shown(tmp_path_factory):
    """A service with low limits, for the page."""
    root = tmp_path_factory.mktemp("shown")
    path = make_index(root / "holidays", folder=root / "pictures")
    limits = Limits(max_pending=1, picture_bytes=50_000)
    with running(
        path, encoder=StandIn(), pictures=root / "pictures", limits=limits
    ) as found:
        yield found


@pytest.fixture
def first(tab, shown):
    """The page at a first visit, wide and light."""
    tab.look(1280)
    tab.go(f"http://127.0.0.1:{shown.port}/")
    tab.console.clear()
    tab.requests.clear()
    yield tab
    elsewhere = f"http://127.0.0.1:{shown.port}/", "blob:", "data:"
    assert [x for x in tab.requests if not x.startswith(elsewhere)] == []
    assert [x for x in tab.console if "Failed to load resource" not in x] == []


def said(tab):
    return tab.run("document.getElementById('status').textContent")


def names(tab):
    return tab.run(
        "[...document.querySelectorAll('#results .card .name')].map(x => x.textContent)"
    )


def done(tab, text):
    """Waits until the live region begins with some words."""
    tab.wait(
        f"document.getElementById('status').textContent.startsWith({text!r}) && "
        "!document.getElementById('results').hasAttribute('aria-busy')"
    )


def search(tab, words):
    tab.run("document.activeElement.blur()")
    tab.press("/")
    tab.run("document.activeElement.value = ''")
    tab.write(words)
    tab.press("Enter")


@pytest.mark.usefixtures("shown")
class TestInABrowser:
    pytestmark = chromium

    def test_words_items_filters_and_back(self, first, shown):
        search(first, "dog nowhere")
        done(first, "10 found")
        assert said(first).endswith("Unknown words: nowhere.")
        assert first.run("document.querySelector('#results s').textContent") == (
            "nowhere"
        )
        by_words = [x["name"] for x in shown.search(text="dog")["hits"]]
        assert names(first) == by_words
        assert "text=dog+nowhere" in first.run("location.search")
        assert first.run("document.activeElement.id") == "text"
        first.run("document.querySelector('#results .card a').focus()")
        first.press("Enter")
        first.wait("location.search.includes('item')")
        done(first, "10 found")
        assert "Searched with the picture of" in first.text()
        assert names(first)[0] == by_words[0]
        assert first.run("document.activeElement.id") == "results"
        first.run("document.querySelector('#filters details').open = true")
        first.run("document.querySelector('input[value=cat]').click()")
        search(first, "dog")
        done(first, "10 found")
        first.wait("document.querySelectorAll('#results .labels b').length == 10")
        assert first.run("document.querySelector('#filters details').open")
        first.run("history.back()")
        first.wait("location.search.includes('item')")
        done(first, "10 found")
        first.run("history.back()")
        first.wait("document.getElementById('text').value == 'dog nowhere'")
        done(first, "10 found")
        assert names(first) == by_words
        first.run("history.go(-1)")
        first.wait("location.search == ''")
        first.wait("document.body.innerText.includes('Words to try')")
        assert first.console == []

    def test_a_picture_is_searched_with_and_found_again_by_back(
        self, first, shown, tmp_path
    ):
        path = tmp_path / "green.png"
        path.write_bytes(picture("green"))
        first.run("document.querySelector('input[value=text]').click()")
        first.choose_file("#picture", path)
        done(first, "10 found")
        target, kind = "/v1/search/picture?find=text", {"Content_Type": "image/png"}
        found = shown.ask("POST", target, path.read_bytes(), **kind).json["hits"]
        assert names(first) == [x["name"] for x in found]
        assert first.run("document.getElementById('chosen').naturalWidth") == 40
        search(first, "sky")
        first.wait("document.getElementById('chosen').hidden")
        done(first, "10 found")
        first.run("history.back()")
        first.wait("!document.getElementById('chosen').hidden")
        done(first, "10 found")
        assert names(first) == [x["name"] for x in found]
        assert first.console == []

    def test_a_dropped_picture_is_searched_with(self, first):
        first.run("""(async () => {
          const canvas = new OffscreenCanvas(8, 8);
          canvas.getContext("2d").fillRect(0, 0, 8, 8);
          const blob = await canvas.convertToBlob();
          const data = new DataTransfer();
          data.items.add(new File([blob], "x.png", {type: "image/png"}));
          const event = {dataTransfer: data, bubbles: true, cancelable: true};
          document.body.dispatchEvent(new DragEvent("drop", event));
        })()""")
        done(first, "10 found")

    def test_files_that_cannot_be_used_are_not_sent(self, first, tmp_path):
        large, words = tmp_path / "large.png", tmp_path / "words.txt"
        large.write_bytes(picture() + bytes(60_000))
        words.write_text("no picture")
        first.choose_file("#picture", large)
        done(first, "Too large.")
        first.choose_file("#picture", words)
        done(first, "No picture.")
        assert [x for x in first.requests if "assets" not in x] == []
        broken = tmp_path / "broken.png"
        broken.write_bytes(picture()[:50])
        first.choose_file("#picture", broken)
        done(first, "Unusable picture.")

    def test_nothing_and_no_known_word(self, first, shown):
        search(first, "cow")
        done(first, "No known word.")
        assert first.run("document.querySelector('#results s').textContent") == "cow"
        target = f"http://127.0.0.1:{shown.port}/?text=dog&within=0&label=cat"
        first.go(target)
        assert said(first) == "Nothing found."
        first.run("document.querySelector('#results a').click()")
        done(first, "10 found")

    def test_a_busy_service_is_asked_again(self, first, shown):
        shown.encoder.free.clear()
        with socket.create_connection(("127.0.0.1", shown.port)) as sock:
            sock.sendall(b"GET /?text=dog HTTP/1.1\r\nHost: localhost\r\n\r\n")
            wait_until(lambda: shown.service._work.gate.inside == 1)
            search(first, "cat")
            done(first, "Busy. Searching again in 1 s.")
            shown.encoder.free.set()
            done(first, "10 found")
        assert "text=cat" in first.run("location.search")

    def test_a_newer_search_ends_the_older(self, first, shown):
        shown.encoder.free.clear()
        search(first, "cat")
        wait_until(lambda: shown.service._work.gate.inside == 1)
        assert first.run("document.getElementById('results').ariaBusy") == "true"
        assert said(first) == "Searching…"
        search(first, "sky")
        shown.encoder.free.set()
        first.wait("location.search.includes('text=sky')")
        done(first, "10 found")
        expected = shown.search(text="sky")["hits"]
        assert names(first) == [x["name"] for x in expected]

    def test_a_page_that_was_refused_is_loaded_again(self, first, shown):
        shown.encoder.free.clear()
        with socket.create_connection(("127.0.0.1", shown.port)) as sock:
            sock.sendall(b"GET /?text=dog HTTP/1.1\r\nHost: localhost\r\n\r\n")
            wait_until(lambda: shown.service._work.gate.inside == 1)
            first.go(f"http://127.0.0.1:{shown.port}/?text=cat")
            done(first, "Busy.")
            shown.encoder.free.set()
            done(first, "10 found")

    def test_captions_are_never_html(self, first, shown):
        first.go(f"http://127.0.0.1:{shown.port}/?item=0&by=image")
        done(first, "10 found")
        assert HOSTILE in first.text()
        first.run("document.querySelector('#results .card a').click()")
        done(first, "10 found")
        assert first.run("document.querySelectorAll('img[src=x]').length") == 0
        search(first, HOSTILE + " dog")
        done(first, "10 found")
        assert first.run("document.querySelectorAll('img[src=x]').length") == 0

    def test_the_keyboard_reaches_everything_in_order(self, first, shown):
        first.go(f"http://127.0.0.1:{shown.port}/?item=1&label=dog")
        reached = []
        for _ in range(40):
            first.press("Tab")
            reached.append(
                first.run(
                    "(e => e.name || e.id || e.localName)(document.activeElement)"
                )
            )
        order = [x for i, x in enumerate(reached) if x not in reached[:i]]
        wanted = ["text", "button", "picture", "find", "summary", "label", "rank", "k"]
        places = [order.index(x) for x in wanted]
        assert places == sorted(places)
        outline = "getComputedStyle(document.activeElement).outlineStyle"
        assert first.run(outline) == "solid"
        first.run("document.getElementById('text').focus()")
        first.write("abc")
        first.press("Escape")
        assert first.run("document.getElementById('text').value") == ""
        unnamed = first.run(
            "[...document.querySelectorAll('input, select')]"
            ".filter(x => !x.labels.length).length"
        )
        assert unnamed == 0
        assert first.run("[...document.images].every(x => x.id == 'chosen' || x.alt)")

    @pytest.mark.parametrize("dark", [False, True])
    @pytest.mark.parametrize("width", [390, 1280])
    @pytest.mark.parametrize(
        "query", ["", "?text=dog+nowhere", "?item=0&find=any&k=50"]
    )
    def test_nothing_is_wider_than_the_window(self, first, shown, width, dark, query):
        first.look(width, dark=dark)
        first.go(f"http://127.0.0.1:{shown.port}/{query}")
        first.run("document.querySelector('#filters details').open = true")
        assert first.run("document.documentElement.scrollWidth") == width
        grounds = {False: "rgb(254, 254, 253)", True: "rgb(22, 22, 21)"}
        ground = first.run("getComputedStyle(document.body).backgroundColor")
        assert ground == grounds[dark]
        assert first.console == []

    @pytest.mark.skipif(
        not AXE, reason="SCBCH_AXE names no axe.min.js; npm install axe-core brings it"
    )
    @pytest.mark.parametrize("dark", [False, True])
    @pytest.mark.parametrize("width", [390, 1280])
    @pytest.mark.parametrize(
        "query", ["", "?text=dog+nowhere", "?text=nowhere", "?item=0&find=any&k=50"]
    )
    def test_axe_finds_no_violation(self, first, shown, width, dark, query):
        first.look(width, dark=dark)
        first.go(f"http://127.0.0.1:{shown.port}/{query}")
        first.run("document.querySelector('#filters details').open = true")
        first.run(Path(str(AXE)).read_text() + "; null")
        first.run("axe.run().then(x => { window.found = x })")
        first.wait("window.found")
        assert first.run("window.found.passes.length") > 10
        assert first.run("JSON.stringify(window.found.violations)") == "[]"

    def test_words_are_searched_without_scripts(self, first, shown):
        first.look(390, script=False)
        first.go(f"http://127.0.0.1:{shown.port}/")
        first.run("document.getElementById('text').focus()")
        first.write("dog")
        first.press("Enter")
        first.wait("location.search.includes('text=dog')")
        first.wait("document.body && document.body.innerText.includes('10 found')")
        assert first.run("document.getElementById('drop').hidden")

    def test_a_server_that_has_gone_is_told(self, tab, tmp_path):
        path = make_index(tmp_path / "index", count=30, encoder="")
        tab.look(1280)
        with running(path) as served:
            tab.go(f"http://127.0.0.1:{served.port}/")
            assert "holds codes without their encoder" in tab.text()
            assert tab.run("document.getElementById('text').disabled")
            assert tab.run("document.getElementById('drop').hidden")
        tab.run("document.querySelector('#results .card a').click()")
        done(tab, "The server does not answer.")

    def test_a_token_opens_the_page(self, tab, tmp_path):
        root = tmp_path
        path = make_index(root / "secret", count=30, folder=root / "pictures")
        rules = Rules(token=TOKEN.encode())
        tab.look(390)
        with running(
            path, encoder=StandIn(), pictures=root / "pictures", rules=rules
        ) as served:
            tab.go(f"http://127.0.0.1:{served.port}/")
            tab.console.clear()
            assert "secret" not in tab.text()
            assert said(tab) == "A token is required."
            tab.run("document.getElementById('token').focus()")
            tab.write("another-token-of-some-length")
            tab.press("Enter")
            done(tab, "A token is required.")
            tab.wait("document.getElementById('token').value == ''")
            tab.run("document.getElementById('token').focus()")
            tab.write(TOKEN)
            tab.press("Enter")
            tab.wait("document.body.innerText.includes('Words to try')")
            search(tab, "dog")
            done(tab, "10 found")
            images = "[...document.querySelectorAll('#results img')]"
            tab.wait(f"{images}.length && {images}.every(x => x.naturalWidth)")
            assert tab.run("document.querySelector('h1').textContent") == "secret"
            assert tab.console == []


def test_the_page_is_html_whose_links_hold_the_search(served):
    answer = served.get("/?text=dog&find=any&k=7&label=cat&label=dog")
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    text = answer.body.decode()
    assert text.count('class="card"') == 7
    assert 'name="k" min="1" max="1000" value="7"' in text
    assert text.count(" checked") == 3
    links = re.findall(r'href="(/\?[^"]*item=[^"]*)"', text)
    assert len(links) == 7
    assert all("label=cat" in x and "k=7" in x and "text=dog" not in x for x in links)
    assert served.get(links[0].replace("&amp;", "&")).status == 200


def test_further_items_come_after_those_that_are_shown(served):
    seen, target = [], "/?item=5&k=90"
    while target:
        text = served.get(target).body.decode()
        seen += re.findall(r'class="name">([^<]*)<', text)
        more = re.findall(r'href="([^"]*after=[^"]*)">Further', text)
        target = more[0].replace("&amp;", "&") if more else None
    assert len(seen) == len(set(seen)) == 200


def test_one_bit_is_not_in_the_plural(served):
    found = (served.search(item=i, within=1, k=9)["hits"] for i in range(200))
    item = next(i for i, hits in enumerate(found) if hits and hits[-1]["distance"] == 1)
    text = served.get(f"/?item={item}&within=1&k=9").body.decode()
    assert re.search("found, (0 to )?1 bit apart[.].*<h2>1 bit apart: ", text, re.S)


def test_groups_say_how_many_are_left_out(served):
    found = served.search(item=5, k=7)
    text = served.get("/?item=5&k=7").body.decode()
    last = found["hits"][-1]["distance"]
    shown = sum(x["distance"] == last for x in found["hits"])
    line = f"{last} bits apart: {shown} of {shown + found['cut']} shown"
    assert found["cut"] > 0
    assert line in text
    ranked = served.get("/?item=5&rank=both").body.decode()
    assert "By cosine with relaxed codes" in ranked


@pytest.mark.parametrize(
    ("target", "status", "words"),
    [
        ("/?text=cow", 422, "No known word."),
        ("/?text=dog&k=0", 422, "k: got"),
        ("/?colour=red", 422, "unknown field"),
        ("/?text=dog&item=1", 422, "text and item"),
        ("/?item=12345", 422, "wanted the id of an item of the index"),
        ("/?item=1&after=x", 422, "a distance, an id and a modality"),
        ("/?text=&k=", 200, "Words to try"),
    ],
)
def test_problems_are_shown_in_the_page(served, target, status, words):
    answer = served.get(target)
    assert answer.status == status
    assert words in answer.body.decode()
    assert str(served.path) not in answer.body.decode()


def test_what_comes_in_an_address_is_text(served):
    text = served.get(f"/?text={quote(HOSTILE)}&label={quote(HOSTILE)}").body.decode()
    assert "<img src=x" not in text
    assert "&lt;img src=x" in text


def test_an_empty_index_says_so(tmp_path):
    path = make_index(tmp_path / "index", count=2)
    index.remove(path, ids=[0, 1])
    with running(path, encoder=StandIn()) as served:
        assert "The index is empty." in served.get("/").body.decode()


def test_files_of_the_page_are_small_and_have_their_kinds(served):
    for name, kind in page.FILES.items():
        answer = served.get(f"/assets/{name}")
        assert answer.headers["content-type"] == kind
        assert len(answer.body) < 15_000
    assert served.get("/assets/page.html").problem == "not-found"
    assert set(CLASSES) <= set(served.get("/v1/index").json["labels"])
