// Asks for the state four times a second and draws it. Knows nothing that the server did not say.
"use strict";
const SHOWN = [["height_m", 2, "m"], ["climb_rate_m_s", 2, "m/s"], ["azimuth_deg", 0, "°"], ["battery_percent", 0, "%"], ["energy_now_j", 0, "kJ", 0.001], ["energy_descent_j", 0, "kJ", 0.001], ["clamp_n", 0, "N"], ["wind_m_s", 1, "m/s"], ["gust_m_s", 1, "m/s"], ["link_age_s", 2, "s"]];
const CHARTS = [["height_m", "m"], ["battery_percent", "%"], ["gust_m_s", "m/s"], ["clamp_n", "N"]];
const byId = (id) => document.getElementById(id);
let stopPressed = false, picture = -1, frames = -1, stateNow = null;

function show(value, digits, unit, factor = 1) { return value === null || value === undefined ? "–" : `${(value * factor).toFixed(digits).replace(/^-(0\.?0*)$/, "$1")} ${unit}`; }

function timeLeft(state) {
  if (state.left_s === null || state.ended) return "";
  return texts().left(`${Math.floor(state.left_s / 60)}:${String(Math.floor(state.left_s % 60)).padStart(2, "0")}`);
}

function drawTheme(theme) { localStorage.setItem("theme", theme); document.documentElement.dataset.theme = theme; }

function drawTexts() {
  document.documentElement.lang = language;
  for (const element of document.querySelectorAll("[data-text]")) element.textContent = texts()[element.dataset.text];
  byId("camera").alt = texts().cameraAlt;
  byId("pole").alt = texts().poleAlt;
  byId("language").textContent = language === "en" ? "繁體中文" : "English";
  if (stateNow) draw(stateNow);
  drawStop();
}

function drawStop() {
  const over = stateNow && stateNow.ended !== "";
  byId("stop").disabled = Boolean(over);
  byId("stop").textContent = over ? texts().ended : stopPressed ? texts().stopping : texts().stop;
}

function drawChart(canvas, points, key, unit) {
  const pen = canvas.getContext("2d"), ink = getComputedStyle(document.body);
  canvas.width = canvas.clientWidth; canvas.height = canvas.clientHeight;
  const values = points.map((point) => point[key]).filter((value) => value !== null && value !== undefined);
  pen.fillStyle = ink.getPropertyValue("--soft"); pen.font = "13px system-ui";
  if (values.length === 0) return;
  const low = Math.min(...values), high = Math.max(...values), span = high - low || 1;
  pen.fillText(`${texts()[key]}: ${low.toFixed(1)} – ${high.toFixed(1)} ${unit}`, 2, 13);
  pen.strokeStyle = ink.getPropertyValue("--good"); pen.lineWidth = 2; pen.beginPath();
  values.forEach((value, index) => {
    const x = index / Math.max(1, values.length - 1) * canvas.width, y = canvas.height - 3 - (value - low) / span * (canvas.height - 22);
    if (index) pen.lineTo(x, y); else pen.moveTo(x, y);
  });
  pen.stroke();
}

function draw(state) {
  stateNow = state;
  byId("name").textContent = state.pole;
  byId("state").textContent = texts().state[state.state] + (state.ended ? ` – ${texts().ended}` : "");
  byId("progress").hidden = !state.planned_frames; byId("progress").max = state.planned_frames || 1; byId("progress").value = state.frames;
  byId("h-progress").textContent = `${state.frames} / ${state.planned_frames || "–"} ${texts().frames}${timeLeft(state)}`;
  byId("gapbox").hidden = state.gap_count === 0;
  byId("h-gaps").textContent = texts().gaps(state.gap_count);
  byId("gaps").replaceChildren(...state.gaps.map((text) => Object.assign(document.createElement("li"), { textContent: text })));
  drawOrders(state);
  byId("latest").textContent = state.ended || state.messages[state.messages.length - 1] || ""; // in sight without scrolling
  byId("latest").className = state.ended && state.state === "stopped" ? "over" : "";
  byId("messages").replaceChildren(...[...state.messages].reverse().map((text) => Object.assign(document.createElement("li"), { textContent: text })));
  const now = state.now || {};
  byId("alert").textContent = (now.faults || []).join(", ");
  const rows = SHOWN.map(([key, digits, unit, factor]) => [texts()[key], show(now[key], digits, unit, factor)]);
  rows.push([texts().robot_state, now.robot || "–"]);
  byId("values").replaceChildren(...rows.flatMap(([name, value]) => [Object.assign(document.createElement("dt"), { textContent: name }), Object.assign(document.createElement("dd"), { textContent: value })]));
  CHARTS.forEach(([key, unit], index) => drawChart(byId("charts").children[index], state.history, key, unit));
  if (state.picture !== picture && state.picture > 0) { picture = state.picture; byId("camera").src = `camera.jpg?${picture}`; }
  if (state.frames !== frames) { frames = state.frames; byId("pole").src = `pole.png?${frames}-${picture}`; }
  drawStop();
}

async function stop() {
  if (stopPressed && stateNow && stateNow.ended) return;
  stopPressed = true; drawStop();
  for (let attempt = 0; attempt < 20; attempt++) {
    try { if ((await fetch("stop", { method: "POST" })).ok) return; } catch { /* the next attempt follows */ }
  }
  stopPressed = false; drawStop();
}

async function ask() {
  try { draw(await (await fetch(`state?language=${language}`)).json()); } catch { if (!(stateNow && stateNow.ended)) byId("alert").textContent = texts().lost; }
  setTimeout(ask, 250);
}

for (const _ of CHARTS) byId("charts").append(document.createElement("canvas"));
byId("stop").addEventListener("click", stop);
byId("language").addEventListener("click", () => { language = language === "en" ? "zh-Hant" : "en"; localStorage.setItem("language", language); drawTexts(); });
byId("theme").addEventListener("click", () => { drawTheme(localStorage.getItem("theme") === "night" ? "day" : "night"); });
document.addEventListener("keydown", (event) => { if (event.code === "Space") { event.preventDefault(); stop(); } });
drawTheme(localStorage.getItem("theme") || "day");
drawTexts();
ask();
