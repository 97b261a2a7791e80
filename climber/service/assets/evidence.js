// The photographs that show a place: the place marked, what the model marked on each laid over, pose, model and rule
// beside. Records from before masks were kept show the rust of the map instead, projected.

import { fill } from "./numbers.js";
import { pixels } from "./pyramid.js";
import { projector } from "./projection.js";
import { RUST } from "./colours.js";

const WITHIN_M = 0.8;
const LIMIT = 24;
const MARKED = 60;

// Frames in which the place is inside and faces the camera, the most frontal first.
async function framesAt(climb, { height_m, azimuth_deg }, pole, camera) {
  const path = `/v1/climbs/${climb}/frames?height_m=${height_m.toFixed(3)}&azimuth_deg=${(azimuth_deg % 360).toFixed(2)}&within_m=${WITHIN_M}&limit=${LIMIT}`;
  const answer = await fetch(path);
  if (!answer.ok) throw new Error(`${path}: ${answer.status}`);
  const { frames } = await answer.json();
  return frames
    .map((frame) => ({ frame, project: projector(pole, frame.camera ?? camera, frame) }))
    .map((one) => ({ ...one, spot: one.project(height_m, azimuth_deg) }))
    .filter(({ spot }) => spot.inside)
    .sort((a, b) => b.spot.cosine / b.spot.mm_per_px - a.spot.cosine / a.spot.mm_per_px);
}

// `scene` is what a pole's page is drawn from: climb, pole, camera, model, rule.
export async function showEvidence(dialog, place, scene, words) {
  dialog.replaceChildren(element("p", words.ui_loading));
  if (!dialog.open) dialog.showModal();
  const found = await framesAt(scene.climb, place, scene.pole, scene.camera);
  const title = element("h2", fill(words.ui_evidence_at, { height: place.height_m.toFixed(2), azimuth: (place.azimuth_deg % 360).toFixed(0) }));
  title.id = "evidence-title";
  const close = element("button", words.ui_close);
  close.addEventListener("click", () => dialog.close());
  const head = element("div");
  head.className = "headed";
  head.append(title, close);
  if (!found.length) return dialog.replaceChildren(head, element("p", words.ui_no_frames));
  const view = element("div");
  const choices = element("div");
  choices.className = "thumbnails";
  const pick = (one, button) => {
    for (const other of choices.children) other.setAttribute("aria-pressed", String(other === button));
    view.replaceChildren(frameView(one, scene, words));
  };
  for (const one of found) choices.append(thumbnail(one, words, pick));
  dialog.replaceChildren(head, view, choices);
  pick(found[0], choices.firstElementChild);
  close.focus();
}

function thumbnail(one, words, pick) {
  const button = element("button");
  button.type = "button";
  const image = Object.assign(new Image(), { src: `/v1/blobs/${one.frame.sha256}`, loading: "lazy", alt: fill(words.ui_frame, { seq: one.frame.seq }) });
  button.append(image, element("span", `${one.frame.seq}`));
  button.addEventListener("click", () => pick(one, button));
  return button;
}

function frameView(one, scene, words) {
  const box = element("div");
  box.className = "evidence";
  const photograph = element("div");
  photograph.className = "photograph";
  const image = Object.assign(new Image(), { src: `/v1/blobs/${one.frame.sha256}`, alt: fill(words.ui_frame, { seq: one.frame.seq }) });
  const camera = one.frame.camera ?? scene.camera; // of a ring, another lens
  const canvas = Object.assign(element("canvas"), { width: camera.width_px, height: camera.height_px });
  canvas.setAttribute("aria-hidden", "true");
  photograph.append(image, canvas);
  const label = element("label");
  const shown = Object.assign(element("input"), { type: "checkbox", checked: true });
  const own = Boolean(one.frame.mask_sha256);
  label.append(shown, ` ${own ? words.ui_overlay_own : words.ui_overlay}`);
  shown.addEventListener("change", () => (canvas.hidden = !shown.checked));
  const side = element("div");
  side.append(label, facts(one, scene, words), element("p", own ? words.ui_overlay_own_means : words.ui_overlay_means));
  side.lastChild.className = "muted";
  box.append(photograph, side);
  canvas.dataset.own = own;
  drawRust(canvas, one, scene).then((count) => (canvas.dataset.rust = count));
  return box;
}

function facts({ frame, spot }, scene, words) {
  const pm = (value, std, digits) => `${value.toFixed(digits)} ± ${std.toFixed(digits)}`;
  const rows = [
    [words.ui_taken, `${frame.taken_at.slice(0, 19).replace("T", " ")} UTC`],
    [words.ui_height, `${pm(frame.height_m, frame.height_std_m, 3)} m`],
    [words.ui_azimuth, `${pm(frame.azimuth_deg, frame.azimuth_std_deg, 1)}°`],
    [words.ui_standoff, `${pm(frame.standoff_mm, frame.standoff_std_mm, 0)} mm`],
    [words.ui_tilt, `${pm(frame.tilt_deg, frame.tilt_std_deg, 1)}°, ${pm(frame.roll_deg, frame.roll_std_deg, 1)}°`],
    [words.ui_here, `${spot.mm_per_px.toFixed(2)} mm/px, ${((Math.acos(Math.min(1, spot.cosine)) * 180) / Math.PI).toFixed(0)}°`],
    [words.ui_model, `${scene.model} (${scene.model_sha256.slice(0, 12)}…)`],
    [words.ui_rule, scene.rule],
    ["SHA-256", `${frame.sha256.slice(0, 16)}…`],
  ];
  const list = element("dl");
  for (const [name, value] of rows) list.append(element("dt", name), element("dd", value));
  return list;
}

// Draw the rust into the photograph, and a ring around the place; returns how many pixels of it.
async function drawRust(canvas, one, scene) {
  const { spot } = one;
  const ink = canvas.getContext("2d");
  ink.globalAlpha = 0.55;
  const drawn = await paintMarked(ink, one, scene, spot.mm_per_px);
  ink.globalAlpha = 1;
  for (const [colour, across] of [["#000", 7], ["#fff", 3]]) {
    ink.strokeStyle = colour;
    ink.lineWidth = across;
    ink.beginPath();
    ink.arc(spot.u, spot.v, canvas.width / 32, 0, 2 * Math.PI);
    ink.stroke();
  }
  return drawn;
}

// Paint the photograph's own mask, or where it has none the rust of the map; returns how many pixels.
export async function paintMarked(ink, one, scene, mm_per_px) {
  if (!one.frame.mask_sha256) return paintRust(ink, one, scene, mm_per_px);
  const { canvas } = ink;
  const mask = Object.assign(new Image(), { src: `/v1/blobs/${one.frame.mask_sha256}` });
  await mask.decode();
  const layer = new OffscreenCanvas(canvas.width, canvas.height).getContext("2d");
  layer.drawImage(mask, 0, 0, canvas.width, canvas.height);
  const pixels = layer.getImageData(0, 0, canvas.width, canvas.height);
  const [red, green, blue] = RUST.match(/[0-9a-f]{2}/g).map((two) => parseInt(two, 16));
  let drawn = 0;
  for (let at = 0; at < pixels.data.length; at += 4) {
    const marked = pixels.data[at] > 127;
    drawn += marked;
    pixels.data.set([red, green, blue, marked ? 255 : 0], at);
  }
  layer.putImageData(pixels, 0, 0);
  ink.drawImage(layer.canvas, 0, 0);
  return drawn;
}

// Paint what the map holds as rust where a photograph shows it; returns how many pixels of the map.
async function paintRust(ink, { frame, project }, { climb, pole, camera }, mm_per_px) {
  const half_m = ((frame.camera ?? camera).height_px * frame.mm_per_px) / 2000 + 0.1;
  const bounds = {
    left: (frame.azimuth_deg - 85) / 360, right: (frame.azimuth_deg + 85) / 360,
    top: 1 - (frame.height_m + half_m) / pole.height_m, bottom: 1 - (frame.height_m - half_m) / pole.height_m,
  };
  const { image, x0, y0, width, height } = await pixels(climb, "rust", bounds, 800);
  const size = Math.max(1.5, (pole.height_m * 1000) / height / mm_per_px);
  ink.fillStyle = RUST;
  let drawn = 0;
  for (let y = 0; y < image.height; y++)
    for (let x = 0; x < image.width; x++) {
      if (image.data[(y * image.width + x) * 4 + 3] < MARKED) continue;
      const at = project((1 - (y + y0 + 0.5) / height) * pole.height_m, ((x + x0 + 0.5) / width) * 360);
      if (!at.inside) continue;
      ink.fillRect(at.u - size / 2, at.v - size / 2, Math.max(1, size * at.cosine), size);
      drawn++;
    }
  return drawn;
}

function element(name, text = "") {
  return Object.assign(document.createElement(name), { textContent: text });
}
