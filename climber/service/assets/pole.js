// The page of a pole: history, height profile, surface and evidence, all of the one climb that is shown.

import { withColours } from "./colours.js";
import { showEvidence } from "./evidence.js";
import { historyOption, partsOf } from "./history_chart.js";
import { profileOption, shade } from "./profile_chart.js";
import { openSurface } from "./surface.js";

const read = (id) => JSON.parse(document.getElementById(id).textContent);
const data = read("data");
const words = read("words");

// What the page of another climb of this pole is drawn from.
async function dataOf(climb) {
  const answer = await fetch(`?climb=${climb}`);
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  return JSON.parse(page.getElementById("data").textContent);
}

function chartIn(place) {
  const chart = echarts.init(place, null, { renderer: "svg" });
  new ResizeObserver(() => chart.resize()).observe(place);
  return chart;
}

function drawHistory(place) {
  const chart = chartIn(place);
  const [part, measure] = ["chart-part", "chart-measure"].map((id) => document.getElementById(id));
  for (const [key, label] of partsOf(data.series)) part.add(new Option(label, key));
  const draw = () => {
    chart.setOption(historyOption(data.series, part.value, measure.value, words), true);
    place.dataset.drawn = data.series.length;
  };
  for (const choice of [part, measure]) choice.addEventListener("change", draw);
  chart.on("click", ({ dataIndex, seriesName }) => seriesName === words.ui_rusted && (location.search = `climb=${data.series[dataIndex].id}`));
  withColours(draw);
}

function drawProfile(place) {
  const chart = chartIn(place);
  withColours(() => chart.setOption(profileOption(data, data.pole.height_m, words), true));
  place.dataset.drawn = data.bands.length;
  return chart;
}

const byId = (id) => document.getElementById(id);
const press = (id, action) => byId(id).addEventListener("click", action);

function wireControls(surface) {
  for (const box of document.querySelectorAll("input[data-layer]")) box.addEventListener("change", () => surface.layer(box.dataset.layer, box.checked));
  byId("compare")?.addEventListener("change", ({ target }) => surface.compare(target.value, target.selectedOptions[0].dataset.day));
  press("zoom-in", () => surface.zoom(1.5));
  press("zoom-out", () => surface.zoom(1 / 1.5));
  press("fit-width", () => surface.fitWidth());
  press("fit-pole", () => surface.fitPole());
  for (const row of document.querySelectorAll("button[data-bottom]"))
    row.addEventListener("click", () => {
      const { bottom, top, from = 0, to = 360 } = row.dataset;
      surface.fit(...[bottom, top, from, to].map(Number));
      byId("map").scrollIntoView({ block: "nearest" });
    });
}

function wireEvidence(surface) {
  const dialog = byId("evidence");
  surface.onPlace = async (place, side) => showEvidence(dialog, place, side === "left" ? await dataOf(byId("compare").value) : data, words);
  press("show-evidence", () => surface.onPlace(surface.centre(), ""));
  dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
}

function wireProfile(chart, surface) {
  let last = "";
  surface.onMove((low, high) => {
    const now = `${low.toFixed(1)} ${high.toFixed(1)}`;
    if (now !== last) shade(chart, low, high);
    last = now;
  });
  chart.getZr().on("click", ({ offsetX, offsetY }) => {
    const [, height_m] = chart.convertFromPixel({ gridIndex: 0 }, [offsetX, offsetY]);
    if (height_m >= 0 && height_m <= data.pole.height_m) surface.fitWidth(height_m);
  });
}

const worst = (part) => Number(document.querySelector("button[data-from]")?.dataset[part]);

// The charts' library takes a quarter of a second to read: the surface comes first, and nobody waits for both.
function chartLibrary() {
  return new Promise((done, failed) =>
    document.head.append(Object.assign(document.createElement("script"), { src: "/assets/vendor/echarts.min.js", onload: done, onerror: failed })));
}

async function start() {
  const surface = byId("map") && (await firstSurface());
  await chartLibrary();
  if (byId("chart")) drawHistory(byId("chart"));
  const profile = byId("profile") && drawProfile(byId("profile"));
  if (!surface) return;
  wireProfile(profile, surface);
  byId("map").dataset.ready = "yes";
}

async function firstSurface() {
  const middle = (worst("bottom") + worst("top")) / 2;
  const surface = await openSurface(byId("map"), data, words, Number.isNaN(middle) ? 0.5 : middle);
  wireControls(surface);
  wireEvidence(surface);
  await surface.firstTile;
  return surface;
}

start();
