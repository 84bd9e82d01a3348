"use strict";
// The page works without this script, for words. It searches without loading the page
// anew, takes pictures, and tells what goes wrong on the way.

const at = (id) => document.getElementById(id);
const form = at("search"), field = at("text"), drop = at("drop"), file = at("picture");
const status = at("status"), chosen = at("chosen");
const files = new Map(); // Pictures that were searched with, by the number in history.
let running = null, waiting = 0, shown = [];

function say(text) { status.textContent = text; }

function complain(title, text) {
  const box = document.createElement("div"), strong = document.createElement("strong");
  box.className = "problem";
  strong.textContent = title;
  box.append(strong, " " + text);
  at("results").replaceChildren(box);
  say(title + " " + text);
}

function headers(more) {
  const token = sessionStorage.getItem("token");
  return token ? { ...more, Authorization: "Bearer " + token } : more;
}

function address(without) {
  const pairs = [...new FormData(form)].filter(([k, v]) => v && k !== without);
  return "/?" + new URLSearchParams(pairs);
}

async function search(url, { picture = null, push = true, number = 0 } = {}) {
  running?.abort();
  clearTimeout(waiting);
  const mine = running = new AbortController();
  if (push) {
    number = picture ? files.size + 1 : 0;
    if (picture) files.set(number, picture);
    history.pushState({ number }, "", url);
  }
  preview(picture);
  at("results").setAttribute("aria-busy", "true");
  say("Searching…");
  let answer, text;
  try {
    const sent = picture ? { "Content-Type": picture.type } : {};
    answer = await fetch(url, {
      method: picture ? "POST" : "GET", body: picture, headers: headers(sent),
      signal: mine.signal,
    });
    text = await answer.text();
  } catch (error) {
    if (mine === running) {
      at("results").removeAttribute("aria-busy");
      complain("The server does not answer.", "Is it still running? Search again.");
    }
    return;
  }
  if (mine !== running) return;
  at("results").removeAttribute("aria-busy");
  if ((answer.headers.get("Content-Type") || "").startsWith("text/html")) show(text);
  else complain(`Error ${answer.status}.`, explain(text));
  const seconds = Number(answer.headers.get("Retry-After"));
  if (seconds) again(seconds, () => search(url, { picture, push: false, number }));
}

function explain(text) {
  try { return JSON.parse(text).detail; } catch { return ""; }
}

function again(seconds, act) {
  say(`Busy. Searching again in ${seconds} s.`);
  waiting = seconds > 1
    ? setTimeout(() => again(seconds - 1, act), 1000) : setTimeout(act, 1000 * seconds);
}

function show(text) {
  const found = new DOMParser().parseFromString(text, "text/html");
  const moved = at("results").contains(document.activeElement);
  const open = document.querySelector("#filters details")?.open;
  for (const id of ["filters", "results"]) at(id).replaceWith(found.getElementById(id));
  const details = document.querySelector("#filters details");
  if (details && open !== undefined) details.open = open;
  if (document.activeElement !== field) field.value = found.getElementById("text").value;
  field.disabled = found.getElementById("text").disabled;
  document.title = found.title;
  document.querySelector("h1 a").textContent = found.querySelector("h1").textContent;
  drop.dataset.bytes = found.getElementById("drop").dataset.bytes;
  drop.hidden = !Number(drop.dataset.bytes);
  say(found.getElementById("status").textContent);
  if (moved) { at("results").tabIndex = -1; at("results").focus(); }
  unlock();
  guarded();
}

// What needs this script is enabled by it.
function unlock() {
  for (const x of document.querySelectorAll("#unlock [disabled]")) x.disabled = false;
}

// An image cannot send the token: its file is fetched and shown from memory.
function guarded() {
  shown.forEach(URL.revokeObjectURL);
  shown = [];
  for (const image of document.querySelectorAll("img[data-src]"))
    fetch(image.dataset.src, { headers: headers({}) })
      .then((x) => x.ok ? x.blob() : Promise.reject())
      .then((x) => { image.src = URL.createObjectURL(x); shown.push(image.src); })
      .catch(() => {});
}

function preview(picture) {
  if (chosen.src) URL.revokeObjectURL(chosen.src);
  chosen.hidden = !picture;
  if (picture) { chosen.src = URL.createObjectURL(picture); field.value = ""; }
  else { chosen.removeAttribute("src"); file.value = ""; }
}

function reload() { search(location.pathname + location.search, { push: false }); }

function take(picture) {
  if (!picture || drop.hidden) return;
  const limit = Number(drop.dataset.bytes);
  if (!["image/jpeg", "image/png", "image/webp"].includes(picture.type))
    complain("No picture.", "Choose a JPEG, PNG or WebP file.");
  else if (picture.size > limit)
    complain("Too large.", `Pictures may have ${limit / 1e6} MB at most.`);
  else search(address("text"), { picture });
}

form.addEventListener("submit", (e) => { e.preventDefault(); search(address()); });
file.addEventListener("change", () => take(file.files[0]));
document.addEventListener("submit", (e) => {
  if (e.target.id !== "unlock") return;
  e.preventDefault();
  sessionStorage.setItem("token", e.target.elements.token.value.trim());
  reload();
});
document.addEventListener("click", (e) => {
  const link = e.target.closest("main a, h1 a");
  if (!link || e.button || e.ctrlKey || e.metaKey || e.shiftKey || e.altKey) return;
  e.preventDefault();
  field.value = new URL(link.href).searchParams.get("text") || "";
  search(link.getAttribute("href"));
});
document.addEventListener("dragover", (e) => {
  e.preventDefault();
  drop.classList.add("over");
});
document.addEventListener("dragleave", () => drop.classList.remove("over"));
document.addEventListener("drop", (e) => {
  e.preventDefault();
  drop.classList.remove("over");
  take(e.dataTransfer.files[0]);
});
document.addEventListener("paste", (e) => take(e.clipboardData.files[0]));
document.addEventListener("keydown", (e) => {
  const typing = e.target.closest?.("input, select, textarea");
  if (e.key === "/" && !typing) { e.preventDefault(); field.focus(); field.select(); }
  if (e.key === "Escape" && e.target === field) field.value = "";
});
addEventListener("popstate", (e) => {
  const number = e.state?.number || 0;
  field.blur();
  field.value = new URLSearchParams(location.search).get("text") || "";
  search(location.pathname + location.search,
    { picture: files.get(number) || null, push: false, number });
});

drop.hidden = !Number(drop.dataset.bytes);
unlock();
const refused = document.querySelector("[data-retry]");
if (refused) again(Number(refused.dataset.retry), reload);
if (at("unlock") && sessionStorage.getItem("token"))
  reload();
