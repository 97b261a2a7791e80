// What the crew asks for: buttons that suit the mode, and jogging that lasts while a button or arrow key is held.
"use strict";
const JOG_MS = 100;
const JOGS = { up: [1, 0], sink: [-1, 0], anticlockwise: [0, -1], clockwise: [0, 1] };
const ARROWS = { ArrowUp: "up", ArrowDown: "sink", ArrowLeft: "anticlockwise", ArrowRight: "clockwise" };
let jogTimer = null, drawnOrders = "";

function send(path, body) {
  return fetch(path, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) }).catch(() => {});
}
function wish(order, words = "") { return send("wish", { order, words }); }

function startJog(name, button) {
  if (jogTimer) return;
  const [up, turn] = JOGS[name];
  if (button) button.classList.add("held");
  send("jog", { up, turn });
  jogTimer = setInterval(() => send("jog", { up, turn }), JOG_MS);
}
function endJog() {
  clearInterval(jogTimer);
  jogTimer = null;
  for (const button of document.querySelectorAll(".held")) button.classList.remove("held");
}
for (const event of ["blur", "pointerup", "pointercancel"]) window.addEventListener(event, endJog);
document.addEventListener("visibilitychange", endJog);

function orderButton(id, text, press) {
  const button = Object.assign(document.createElement("button"), { type: "button", id, textContent: text });
  button.addEventListener("click", press);
  return button;
}
function jogButton(name) {
  const button = Object.assign(document.createElement("button"), { type: "button", id: name, textContent: texts()[name], title: texts().hold });
  button.addEventListener("pointerdown", () => startJog(name, button));
  return button;
}

function ordersFor(state) {
  if (state.ended || ["descending", "stopped", "done"].includes(state.state)) return [];
  const orders = [];
  if (state.gap_count && state.state === "holding") {
    orders.push(orderButton("again", texts().again, () => wish("again")));
    texts().reasons.forEach((reason, index) => orders.push(orderButton(`accept${index + 1}`, reason, () => wish("accept", reason))));
    orders.push(orderButton("other", texts().other, () => { const words = prompt(texts().other); if (words) wish("accept", words); }));
  } else if (state.mode === "semi" && state.state === "holding") orders.push(orderButton("next", texts().next, () => wish("next")));
  if (state.mode === "hand") orders.push(...Object.keys(JOGS).map(jogButton), orderButton("photograph", texts().photograph, () => wish("photograph")));
  orders.push(orderButton("down", texts().down, () => wish("down")));
  return orders;
}
function drawOrders(state) {
  const key = [language, state.mode, state.state === "holding", Boolean(state.gap_count), state.ended, ["descending", "stopped", "done"].includes(state.state)].join();
  if (key === drawnOrders) return; // a button that is being held must not be replaced
  drawnOrders = key;
  document.getElementById("orders").replaceChildren(...ordersFor(state));
}

document.addEventListener("keydown", (event) => {
  const name = ARROWS[event.code];
  const button = name ? null : { KeyN: "next", KeyP: "photograph", KeyA: "again", KeyD: "down" }[event.code];
  if (name && document.getElementById(name)) { event.preventDefault(); startJog(name, document.getElementById(name)); }
  if (button && !event.repeat && !event.ctrlKey && !event.metaKey && document.getElementById(button)) document.getElementById(button).click();
});
document.addEventListener("keyup", (event) => { if (ARROWS[event.code]) endJog(); });
