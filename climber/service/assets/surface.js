// The unrolled surface: tiles with layers over them, a scale of heights, and another climb to swipe to.

import { levelsOf, tileSource } from "./pyramid.js";
import { fill } from "./numbers.js";

const KINDS = ["surface", "coverage", "rust"];
const STEPS_M = [0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10];

// Open a climb's surface with the girth at `height_m` in view.
export async function openSurface(place, data, words, height_m) {
  const [levels] = await Promise.all(KINDS.map((kind) => levelsOf(data.climb, kind)));
  const [width, height] = levels.at(-1);
  const surface = (place.surface = new Surface(place, data, words, height / width));
  await surface.show(data.climb, "", () => surface.fitWidth(height_m));
  return surface;
}

class Surface {
  constructor(place, data, words, aspect) {
    Object.assign(this, { place, data, words, aspect, top_m: data.pole.height_m, items: [], hidden: new Set(), listeners: [] });
    this.viewer = OpenSeadragon({
      element: place, drawer: "canvas", showNavigationControl: false, prefixUrl: "", animationTime: 0.25, timeout: 180000,
      visibilityRatio: 0.6, maxZoomPixelRatio: 6, imageSmoothingEnabled: true, subPixelRoundingForTransparency: 2,
      gestureSettingsMouse: { clickToZoom: false, dblClickToZoom: true }, gestureSettingsTouch: { clickToZoom: false, dblClickToZoom: true },
      gestureSettingsPen: { clickToZoom: false, dblClickToZoom: true },
    });
    this.viewer.canvas.setAttribute("role", "application");
    this.viewer.canvas.setAttribute("aria-label", words.ui_map_keys);
    this.marks = place.appendChild(Object.assign(document.createElement("div"), { className: "marks" }));
    this.marks.setAttribute("aria-hidden", "true");
    this.swipe = this._swipe();
    this._status();
    for (const event of ["open", "viewport-change", "resize", "update-viewport"]) this.viewer.addHandler(event, () => this._moved());
    this.viewer.addHandler("canvas-click", (click) => click.quick && this._clicked(this.viewer.viewport.pointFromPixel(click.position)));
    this.viewer.addHandler("canvas-key", (key) => key.originalEvent.key === "Enter" && this._clicked(this.viewer.viewport.getCenter()));
  }

  // Lay a climb's pictures over what is there. `side` "left" is clipped to the left of the swipe.
  async show(climb, side, afterFirst = () => {}) {
    for (const kind of KINDS) {
      const source = await tileSource(climb, kind);
      await new Promise((done, failed) =>
        this.viewer.addTiledImage({
          tileSource: source, x: 0, y: 0, width: 1,
          success: ({ item }) => done(this._laid(item, kind, side)), error: ({ message }) => failed(new Error(message)),
        }));
      if (kind === KINDS[0]) afterFirst();
    }
    this._dress();
  }

  _laid(item, kind, side) {
    this.items.push({ item, kind, side });
    item.addHandler("fully-loaded-change", () => {
      this.place.dataset.loaded = this.items.every((one) => one.item.getFullyLoaded()) ? "yes" : "no";
    });
  }

  async compare(climb, day) {
    for (const { item } of this.items.filter((one) => one.side === "left")) this.viewer.world.removeItem(item);
    this.items = this.items.filter((one) => one.side !== "left");
    this.swipe.box.hidden = !climb;
    if (!climb) return;
    this.swipe.left.textContent = day;
    this.swipe.right.textContent = this.place.dataset.day;
    this.swipe.range.setAttribute("aria-label", fill(this.words.ui_swipe, { left: day, right: this.place.dataset.day }));
    await this.show(climb, "left");
    this.place.dataset.compared = climb;
  }

  layer(kind, shown) {
    this.hidden[shown ? "delete" : "add"](kind);
    this._dress();
  }

  heightAt = (y) => this.top_m * (1 - y / this.aspect);
  yAt = (height_m) => (1 - height_m / this.top_m) * this.aspect;

  // Show a part of the pole; without azimuths the whole girth.
  fit(bottom_m, top_m, from_deg = 0, to_deg = 360) {
    const wide = to_deg > from_deg ? to_deg - from_deg : to_deg + 360 - from_deg;
    const [left, across] = from_deg + wide > 360 ? [0, 1] : [from_deg / 360, wide / 360];
    const high = Math.abs(this.yAt(bottom_m) - this.yAt(top_m));
    this.viewer.viewport.fitBounds(new OpenSeadragon.Rect(left, this.yAt(top_m), across, high).rotate(0));
  }

  fitWidth(height_m = this.centre().height_m) {
    const high = this.viewer.viewport.getBounds(true).height / this.viewer.viewport.getBounds(true).width;
    this.viewer.viewport.fitBounds(new OpenSeadragon.Rect(0, this.yAt(height_m) - high / 2, 1, high));
  }

  fitPole = () => this.viewer.viewport.fitBounds(new OpenSeadragon.Rect(0, 0, 1, this.aspect));

  centre() {
    const { x, y } = this.viewer.viewport.getCenter(true);
    return { height_m: this.heightAt(y), azimuth_deg: (((x * 360) % 360) + 360) % 360 };
  }

  zoom(factor) {
    this.viewer.viewport.zoomBy(factor);
    this.viewer.viewport.applyConstraints();
  }

  onMove(listener) {
    this.listeners.push(listener);
    this._moved();
  }

  _clicked({ x, y }) {
    const place = { height_m: this.heightAt(y), azimuth_deg: x * 360 };
    if (x >= 0 && x < 1 && place.height_m >= 0 && place.height_m <= this.top_m) this.onPlace?.(place, this._sideOf(x));
  }

  // Which climb is seen at x: the one compared lies left of the swipe.
  _sideOf = (x) => (!this.swipe.box.hidden && x < this._edge() ? "left" : "");

  _edge() {
    const across = this.place.clientWidth * (this.swipe.range.value / 100);
    return this.viewer.viewport.pointFromPixel(new OpenSeadragon.Point(across, 0), true).x;
  }

  _dress() {
    const edge = Math.min(1, Math.max(0, this.swipe.box.hidden ? 0 : this._edge()));
    for (const { item, kind, side } of this.items) {
      const gone = this.hidden.has(kind) || (side === "left" && edge <= 0);
      item.setOpacity(gone ? 0 : 1);
      const { x: width, y: height } = item.getContentSize();
      if (side === "left") item.setClip(new OpenSeadragon.Rect(0, 0, width * edge, height));
      else item.setClip(new OpenSeadragon.Rect(width * edge, 0, width * (1 - edge), height));
    }
  }

  _swipe() {
    const box = this.place.appendChild(document.createElement("div"));
    box.className = "swipe";
    box.hidden = true;
    const range = Object.assign(document.createElement("input"), { type: "range", min: 0, max: 100, step: 1, value: 50 });
    const [line, left, right] = ["line", "left", "right"].map((name) => Object.assign(document.createElement("span"), { className: name }));
    box.append(line, left, right, range);
    const move = () => {
      line.style.left = `${range.value}%`;
      this._dress();
    };
    range.addEventListener("input", move);
    line.style.left = "50%";
    return { box, range, left, right };
  }

  // Say that pictures are being prepared until the first tile is drawn.
  _status() {
    const status = this.place.appendChild(Object.assign(document.createElement("p"), { className: "status", textContent: this.words.ui_preparing }));
    status.setAttribute("role", "status");
    this.firstTile = new Promise((done) => {
      this.viewer.addOnceHandler("tile-drawn", () => {
        status.remove();
        this.place.dataset.drawn = "yes";
        done();
      });
      this.viewer.addHandler("tile-load-failed", () => done((status.textContent = this.words.ui_no_tiles)));
    });
  }

  _moved() {
    if (!this.items.length) return;
    const bounds = this.viewer.viewport.getBounds(true);
    if (!this.swipe.box.hidden) this._dress();
    const perMetre = this.place.clientHeight / ((bounds.height / this.aspect) * this.top_m);
    const step = STEPS_M.find((metres) => metres * perMetre > 55) ?? 10;
    const [low, high] = [Math.max(0, this.heightAt(bounds.y + bounds.height)), Math.min(this.top_m, this.heightAt(bounds.y))];
    const marks = [];
    for (let n = Math.ceil(low / step - 1e-9); n * step <= high + 1e-9; n++) marks.push(["height", `${+(n * step).toFixed(2)} m`, "top", (this.heightAt(bounds.y) - n * step) * perMetre]);
    for (const azimuth of [0, 45, 90, 135, 180, 225, 270, 315, 360]) {
      const x = ((azimuth / 360 - bounds.x) / bounds.width) * this.place.clientWidth;
      if (x > 40 && x < this.place.clientWidth - 12 && (azimuth % 90 === 0 || bounds.width < 0.6)) marks.push(["azimuth", `${azimuth}°`, "left", x]);
    }
    this.marks.replaceChildren(...marks.map(([kind, text, side, at]) => {
      const mark = Object.assign(document.createElement("span"), { className: kind, textContent: text });
      mark.style[side] = `${at}px`;
      return mark;
    }));
    for (const listener of this.listeners) listener(low, high);
  }
}
