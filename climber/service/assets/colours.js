// Colours of grades, and the page's own colours as the scheme of the moment gives them.

export const GRADES = { Ri0: "#c7e0f0", Ri1: "#dfe9b8", Ri2: "#f6e39a", Ri3: "#f3bd6b", Ri4: "#e08a4a", Ri5: "#a33c1f" };
export const UNGRADED = "#9aa5ae";
export const RUST = "#d55e00";
export const BLUE = "#0072b2";

export function pageColours() {
  const probe = document.body.appendChild(document.createElement("span"));
  const read = (name) => {
    probe.style.color = `var(--${name})`;
    return getComputedStyle(probe).color;
  };
  const found = Object.fromEntries(["ink", "muted", "line", "paper", "accent", "mark"].map((name) => [name, read(name)]));
  probe.remove();
  return found;
}

// Call `draw` now and whenever the scheme changes.
export function withColours(draw) {
  draw();
  document.addEventListener("themechange", draw);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
}
