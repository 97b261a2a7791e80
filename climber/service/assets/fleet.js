// The fleet: a list that follows the filter without a reload, the map of the same poles, and what got worse.

import { openMap } from "./fleet_map.js";

const byId = (id) => document.getElementById(id);
const read = (id) => JSON.parse(byId(id).textContent);
const words = read("words");
const filter = byId("filter");
let asked = 0;

// The filter as a query, without empty fields; the box of the map only when asked for.
function query() {
  const fields = new URLSearchParams();
  for (const [name, value] of new FormData(filter)) if (value !== "") fields.append(name, value);
  return fields;
}

async function fragment(path, id) {
  const answer = await fetch(path);
  if (!answer.ok) throw new Error(`${path}: ${answer.status}`);
  return new DOMParser().parseFromString(await answer.text(), "text/html").getElementById(id);
}

async function refresh(map) {
  const now = ++asked;
  const fields = query();
  map?.filter(fields);
  const page = await fetch(`/?${fields}`);
  const found = new DOMParser().parseFromString(await page.text(), "text/html");
  if (now !== asked) return;
  history.replaceState(null, "", `/?${fields}`);
  byId("results").replaceChildren(...found.getElementById("results").childNodes);
  for (const count of filter.querySelectorAll("[data-count]")) count.textContent = found.querySelector(`[data-count=${count.dataset.count}]`).textContent;
  filter.dataset.shown = fields;
}

function wireFilter(map) {
  filter.addEventListener("change", () => refresh(map));
  filter.addEventListener("submit", (event) => {
    event.preventDefault();
    refresh(map);
  });
  byId("results").addEventListener("click", async (event) => {
    const spot = event.target.closest("[data-lon]");
    if (spot) return map?.show(Number(spot.dataset.lon), Number(spot.dataset.lat));
    const more = event.target.closest("#more");
    if (!more) return;
    event.preventDefault();
    const next = await fragment(more.href, "results");
    byId("results").querySelector("tbody").append(...next.querySelectorAll("tbody tr"));
    const following = next.querySelector("#more");
    if (following) more.href = following.getAttribute("href");
    else more.remove();
  });
}

async function worse() {
  const since = byId("since").elements.since.value;
  if (since) byId("worse-list").replaceChildren(await fragment(`/fleet/worse?since=${since}`, "worse-found"));
}

async function start() {
  byId("since").addEventListener("submit", (event) => {
    event.preventDefault();
    worse();
  });
  const map = await openMap(byId("map"), read("data"), words, query()).catch((error) => {
    byId("map").querySelector(".status").textContent = `${words.ui_no_map} (${error.message})`;
  });
  if (map) map.onMove = (box) => {
    const only = byId("only-shown");
    only.value = box.map((degrees) => degrees.toFixed(5)).join(",");
    if (only.checked) refresh(map);
  };
  wireFilter(map);
  worse();
}

start();
