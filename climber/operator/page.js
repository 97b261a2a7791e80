// Asks for the state four times a second and draws it. Knows nothing that the server did not say.
"use strict";
const TEXTS = {
  en: {
    night: "Night / day", camera: "Camera, rust outlined", messages: "Messages", pole: "Pole as seen so far", robot: "Robot",
    stop: "STOP  (space bar)", stopping: "STOPPING", ended: "Ended", frames: "photographs", lost: "The climb program does not answer. The robot holds by itself.",
    cameraAlt: "Newest photograph from the climb with rust outlined", poleAlt: "Unrolled pole, top at the top, azimuth from left to right; grey is not seen",
    state: { idle: "idle", checking: "checking", armed: "armed", climbing: "climbing", scanning: "photographing", holding: "holding", descending: "coming down", stopped: "STOPPED", done: "done" },
    height_m: "Height", climb_rate_m_s: "Speed", azimuth_deg: "Azimuth", battery_percent: "Battery", energy_above_descent_j: "Energy above descent", link_age_s: "Link age", clamp_n: "Weakest clamp", wind_m_s: "Wind", gust_m_s: "Gust", robot_state: "Controller",
  },
  "zh-Hant": {
    night: "夜間／日間", camera: "相機（已標示鏽蝕）", messages: "訊息", pole: "燈柱已拍攝部分", robot: "機械人",
    stop: "停止（空白鍵）", stopping: "正在停止", ended: "已結束", frames: "張照片", lost: "攀爬程式沒有回應。機械人會自行停住。",
    cameraAlt: "最新照片，鏽蝕以輪廓標示", poleAlt: "展開的燈柱：上方為柱頂，左右為方位角；灰色為未拍攝",
    state: { idle: "待命", checking: "檢查中", armed: "已就緒", climbing: "攀爬中", scanning: "拍攝中", holding: "停留中", descending: "下降中", stopped: "已停止", done: "完成" },
    height_m: "高度", climb_rate_m_s: "速度", azimuth_deg: "方位角", battery_percent: "電量", energy_above_descent_j: "扣除下降後的能量", link_age_s: "連線延遲", clamp_n: "最弱夾緊力", wind_m_s: "風速", gust_m_s: "陣風", robot_state: "控制器",
  },
};
const SHOWN = [["height_m", 2, "m"], ["climb_rate_m_s", 2, "m/s"], ["azimuth_deg", 0, "°"], ["battery_percent", 0, "%"], ["energy_above_descent_j", 1, "kJ", 0.001], ["clamp_n", 0, "N"], ["wind_m_s", 1, "m/s"], ["gust_m_s", 1, "m/s"], ["link_age_s", 2, "s"]];
const CHARTS = [["height_m", "m"], ["battery_percent", "%"], ["gust_m_s", "m/s"], ["clamp_n", "N"]];
const byId = (id) => document.getElementById(id);
let language = localStorage.getItem("language") || (navigator.language.startsWith("zh") ? "zh-Hant" : "en");
let stopPressed = false, picture = -1, frames = -1, stateNow = null;

function texts() { return TEXTS[language]; }
function show(value, digits, unit, factor = 1) { return value === null || value === undefined ? "–" : `${(value * factor).toFixed(digits)} ${unit}`; }

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
  byId("progress").max = state.planned_frames; byId("progress").value = state.frames;
  byId("h-progress").textContent = `${state.frames} / ${state.planned_frames} ${texts().frames}`;
  byId("messages").replaceChildren(...state.messages.map((text) => Object.assign(document.createElement("li"), { textContent: text })));
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
  try { draw(await (await fetch("state")).json()); } catch { if (!(stateNow && stateNow.ended)) byId("alert").textContent = texts().lost; }
  setTimeout(ask, 250);
}

for (const _ of CHARTS) byId("charts").append(document.createElement("canvas"));
byId("stop").addEventListener("click", stop);
byId("language").addEventListener("click", () => { language = language === "en" ? "zh-Hant" : "en"; localStorage.setItem("language", language); drawTexts(); });
byId("theme").addEventListener("click", () => { const root = document.documentElement; root.dataset.theme = root.dataset.theme === "night" ? "" : "night"; });
document.addEventListener("keydown", (event) => { if (event.code === "Space") { event.preventDefault(); stop(); } });
drawTexts();
ask();
