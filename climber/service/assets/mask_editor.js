// A mask over a photograph, drawn with brush, eraser and polygon at the photograph's own size.

const STEPS = 15;
const RUST = "#d55e00";

export class MaskEditor {
  constructor(place) {
    Object.assign(this, { place, tool: "brush", size: 24, corners: [], past: [], changed: false });
    this.image = place.appendChild(new Image());
    this.canvas = this._layer();
    this.sketch = this._layer();
    this.ink = this.canvas.getContext("2d", { willReadFrequently: true });
    this.canvas.style.opacity = 0.55;
    this.sketch.style.touchAction = "none";
    this.sketch.tabIndex = 0;
    for (const [event, act] of [["pointerdown", this._down], ["pointermove", this._move], ["pointerup", this._up], ["dblclick", () => this.close()]]) this.sketch.addEventListener(event, act.bind(this));
  }

  _layer() {
    return this.place.appendChild(document.createElement("canvas"));
  }

  // Begin with a photograph of a camera and a mask that `paint(ink)` puts down.
  async open(url, alt, { width_px, height_px }, paint) {
    Object.assign(this.image, { src: url, alt });
    this.sketch.setAttribute("aria-label", alt);
    for (const layer of [this.canvas, this.sketch]) Object.assign(layer, { width: width_px, height: height_px }); // clears them
    Object.assign(this, { corners: [], past: [], changed: false });
    this._outline();
    await Promise.all([this.image.decode(), paint(this.ink)]);
  }

  _at({ clientX, clientY }) {
    const box = this.sketch.getBoundingClientRect();
    return [((clientX - box.left) / box.width) * this.canvas.width, ((clientY - box.top) / box.height) * this.canvas.height];
  }

  _down(event) {
    const at = this._at(event);
    if (this.tool === "polygon") return this._corner(at);
    this.sketch.setPointerCapture(event.pointerId);
    this._remember();
    this.last = at;
    this._stroke(at);
  }

  _move(event) {
    if (this.last) this._stroke(this._at(event));
  }

  _up() {
    this.last = null;
  }

  _remember() {
    this.past.push(this.ink.getImageData(0, 0, this.canvas.width, this.canvas.height));
    if (this.past.length > STEPS) this.past.shift();
    this.changed = true;
    this.onChange?.();
  }

  _stroke(at) {
    const { ink } = this;
    ink.globalCompositeOperation = this.tool === "eraser" ? "destination-out" : "source-over";
    Object.assign(ink, { strokeStyle: RUST, lineWidth: this.size, lineCap: "round" });
    ink.beginPath();
    ink.moveTo(...this.last);
    ink.lineTo(at[0] + 0.01, at[1]);
    ink.stroke();
    ink.globalCompositeOperation = "source-over";
    this.last = at;
  }

  _corner(at) {
    this.corners.push(at);
    this._outline();
  }

  _outline() {
    const ink = this.sketch.getContext("2d");
    ink.clearRect(0, 0, this.sketch.width, this.sketch.height);
    for (const [colour, across] of [["#000", 5], ["#fff", 2]]) {
      Object.assign(ink, { strokeStyle: colour, lineWidth: across });
      ink.beginPath();
      for (const at of this.corners) ink.lineTo(...at);
      for (const at of this.corners) ink.rect(at[0] - 3, at[1] - 3, 6, 6);
      ink.stroke();
    }
  }

  // Fill the polygon that is begun.
  close() {
    if (this.corners.length > 2) {
      this._remember();
      this.ink.fillStyle = RUST;
      this.ink.beginPath();
      for (const at of this.corners) this.ink.lineTo(...at);
      this.ink.fill();
    }
    this.drop();
  }

  drop() {
    this.corners = [];
    this._outline();
  }

  undo() {
    if (this.corners.length) return this._outline(this.corners.pop());
    const before = this.past.pop();
    if (before) this.ink.putImageData(before, 0, 0);
    this.changed = this.past.length > 0;
    this.onChange?.();
  }

  // The mask as PNG in base64: white where rust is.
  png() {
    const { width, height } = this.canvas;
    const made = this.ink.getImageData(0, 0, width, height);
    for (let at = 0; at < made.data.length; at += 4) {
      made.data.fill(made.data[at + 3] > 127 ? 255 : 0, at, at + 3);
      made.data[at + 3] = 255;
    }
    const canvas = Object.assign(document.createElement("canvas"), { width, height });
    canvas.getContext("2d").putImageData(made, 0, 0);
    return canvas.toDataURL("image/png").split(",")[1];
  }
}
