"""Chromium, driven through a pair of pipes: pages, keys, pictures of what is seen."""

import base64
import json
import os
import shutil
import subprocess
import sys
import time

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser"))), None)

WORDS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic"),
    *("--no-first-run", "--disable-background-networking", "--disable-sync"),
    *("--disable-component-update", "--hide-scrollbars", "--remote-debugging-pipe"),
)
START = """
import os, sys
for number, place in ((1, 103), (2, 104)):
    os.dup2(int(sys.argv[number]), place)
os.dup2(103, 3)
os.dup2(104, 4)
os.execv(sys.argv[3], sys.argv[3:])
"""
"""Starts the browser with its pipes as descriptors 3 and 4, where it wants them."""

KEYS = {"Enter": ("\r", 13), "Tab": ("", 9), "Escape": ("", 27), "/": ("/", 191)}


class Browser:
    """One tab of a browser."""

    def __init__(self, home):
        """Starts it with an empty home."""
        ours_in, theirs_out = os.pipe()
        theirs_in, ours_out = os.pipe()
        self._process = subprocess.Popen(
            [
                *(sys.executable, "-IS", "-c", START, str(theirs_in), str(theirs_out)),
                *(str(CHROMIUM), *WORDS, f"--user-data-dir={home}"),
            ],
            pass_fds=(theirs_in, theirs_out),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(theirs_in)
        os.close(theirs_out)
        self._in, self._out = os.fdopen(ours_in, "rb"), os.fdopen(ours_out, "wb")
        self._number, self._session = 0, None
        self.console, self.requests = [], []
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        attached = self.call("Target.attachToTarget", targetId=target, flatten=True)
        self._session = attached["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network", "DOM"):
            self.call(f"{domain}.enable")

    def call(self, method, **params):
        """One command of the DevTools protocol, and its result."""
        self._number += 1
        message = {"id": self._number, "method": method, "params": params}
        if self._session:
            message["sessionId"] = self._session
        self._out.write(json.dumps(message).encode() + b"\0")
        self._out.flush()
        while True:
            found = self._read()
            if found.get("id") == self._number:
                assert "error" not in found, (method, found["error"])
                return found["result"]
            self._note(found)

    def _read(self):
        content = bytearray()
        while (byte := self._in.read(1)) != b"\0":
            assert byte, "the browser has ended"
            content += byte
        return json.loads(content)

    def _note(self, found):
        method, params = found.get("method"), found.get("params", {})
        if method == "Log.entryAdded":
            self.console.append(params["entry"]["text"])
        elif method in ("Runtime.consoleAPICalled", "Runtime.exceptionThrown"):
            self.console.append(json.dumps(params)[:300])
        elif method == "Network.requestWillBeSent":
            self.requests.append(params["request"]["url"])

    def run(self, script):
        """The value of an expression in the page; promises are awaited."""
        found = self.call(
            "Runtime.evaluate",
            expression=script,
            awaitPromise=True,
            returnByValue=True,
            userGesture=True,
        )
        assert "exceptionDetails" not in found, found
        return found["result"].get("value")

    def wait(self, script, seconds=60):
        """Waits until an expression is true."""
        end = time.monotonic() + seconds
        while not self.run(script):
            assert time.monotonic() < end, (script, self.text())
            time.sleep(0.03)

    def go(self, url):
        """Loads a page."""
        self.call("Page.navigate", url=url)
        self.wait(f"document.readyState == 'complete' && location.href == '{url}'")

    def text(self):
        """The text that is seen."""
        return self.run("document.body.innerText")

    def write(self, text):
        """Types into what has the focus."""
        self.call("Input.insertText", text=text)

    def press(self, key):
        """Presses a key."""
        text, code = KEYS[key]
        facts = {"key": key, "windowsVirtualKeyCode": code}
        more = {"text": text} if text else {}
        self.call("Input.dispatchKeyEvent", type="keyDown", **facts, **more)
        self.call("Input.dispatchKeyEvent", type="keyUp", **facts)

    def choose_file(self, selector, path):
        """Chooses a file in an input."""
        root = self.call("DOM.getDocument")["root"]["nodeId"]
        node = self.call("DOM.querySelector", nodeId=root, selector=selector)["nodeId"]
        self.call("DOM.setFileInputFiles", files=[str(path)], nodeId=node)

    def look(self, width, *, dark=False, script=True):
        """Sets the width of the window, its colors, and whether scripts run."""
        self.call(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=900,
            deviceScaleFactor=1,
            mobile=width < 500,
        )
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.call("Emulation.setEmulatedMedia", features=[scheme])
        self.call("Emulation.setScriptExecutionDisabled", value=not script)

    def picture(self, path):
        """Saves what is seen as PNG."""
        found = self.call("Page.captureScreenshot", format="png")
        path.write_bytes(base64.b64decode(found["data"]))

    def close(self):
        """Ends it."""
        self._session = None
        self.call("Browser.close")
        self._process.wait(20)
        self._in.close()
        self._out.close()
