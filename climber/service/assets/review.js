// Decide on the rust that is marked on the photographs of one climb: confirm, correct, or reject.

import { paintMarked } from "./evidence.js";
import { MaskEditor } from "./mask_editor.js";
import { fill } from "./numbers.js";
import { projector } from "./projection.js";

const byId = (id) => document.getElementById(id);
const read = (id) => JSON.parse(byId(id).textContent);
const data = read("data");
const words = read("words");
const editor = new MaskEditor(byId("photograph"));
const form = byId("decision");
let shown;

async function open(frame) {
  shown = frame;
  for (const button of byId("frames").children) button.setAttribute("aria-pressed", String(Number(button.value) === frame.seq));
  byId("place").textContent = frame.place;
  const camera = frame.camera ?? data.camera; // of a ring, another lens
  const project = projector(data.pole, camera, frame);
  byId("photograph").dataset.open = "";
  await editor.open(`/v1/blobs/${frame.sha256}`, fill(words.ui_frame, { seq: frame.seq }), camera, (ink) => paintMarked(ink, { frame, project }, data, frame.mm_per_px));
  byId("photograph").dataset.open = frame.seq;
  relabel();
}

function relabel() {
  if (form) byId("accept").textContent = editor.changed ? words.ui_correct : words.ui_confirm;
}

function choose(tool) {
  editor.drop();
  editor.tool = tool;
  for (const button of document.querySelectorAll("[data-tool]")) button.setAttribute("aria-pressed", String(button.dataset.tool === tool));
}

async function decide(verdict) {
  if (!form.reportValidity()) return;
  editor.close();
  const { reviewer, note } = Object.fromEntries(new FormData(form));
  localStorage.setItem("highmast-reviewer", reviewer);
  const mask = verdict === "rejected" ? null : editor.png();
  const body = JSON.stringify({ climb_id: data.climb, frame_seq: shown.seq, verdict, reviewer, note, mask });
  const answer = await fetch("/v1/reviews", { method: "POST", headers: { "Content-Type": "application/json" }, body });
  const kept = await answer.json();
  byId("said").textContent = answer.ok ? words.ui_kept : kept.detail;
  if (!answer.ok) return;
  const line = `${kept.decided_at.slice(0, 16).replace("T", " ")} UTC · ${fill(words.ui_frame, { seq: shown.seq })} · ${words[`ui_${verdict}`]} · ${reviewer}`;
  byId("decided").append(Object.assign(document.createElement("li"), { textContent: line }));
  const next = data.frames[data.frames.indexOf(shown) + 1];
  if (next) open(next);
}

const keys = { b: () => choose("brush"), e: () => choose("eraser"), p: () => choose("polygon"), z: () => editor.undo(), "[": () => resize(-4), "]": () => resize(4), Enter: () => editor.close(), Escape: () => editor.drop() };

function resize(by) {
  byId("size").value = Number(byId("size").value) + by;
  editor.size = Number(byId("size").value);
}

for (const frame of data.frames) {
  const button = Object.assign(document.createElement("button"), { type: "button", value: frame.seq });
  button.append(Object.assign(new Image(), { src: `/v1/blobs/${frame.sha256}`, alt: fill(words.ui_frame, { seq: frame.seq }) }), frame.place);
  button.addEventListener("click", () => open(frame));
  byId("frames").append(button);
}
for (const button of document.querySelectorAll("[data-tool]")) button.addEventListener("click", () => choose(button.dataset.tool));
byId("size").addEventListener("input", () => resize(0));
byId("undo").addEventListener("click", () => editor.undo());
byId("shown").addEventListener("change", ({ target }) => (editor.canvas.hidden = !target.checked));
document.addEventListener("keydown", (event) => {
  if (event.target.closest("input.text") || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "Enter" && event.target.closest("button, form, a, summary")) return;
  keys[event.key]?.();
});
editor.onChange = relabel;
if (form) {
  form.elements.reviewer.value = localStorage.getItem("highmast-reviewer") ?? "";
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    decide(editor.changed ? "corrected" : "confirmed");
  });
  byId("reject").addEventListener("click", () => decide("rejected"));
}
open(data.frames[0]);
