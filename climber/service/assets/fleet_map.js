// Poles on a map, clustered by the service, over the owner's outlines; nothing is loaded from elsewhere by default.

import { GRADES, UNGRADED, pageColours, withColours } from "./colours.js";

const MARGIN = 0.5; // of the view on each side, so that short moves show poles at once
const FARTHEST = 18;
const EACH_MS = 200; // while the map moves

const today = new Date().toISOString().slice(0, 10);
const byGrade = ["match", ["coalesce", ["get", "worst"], "none"], ...Object.entries(GRADES).flat(), UNGRADED];
const late = ["<", ["coalesce", ["get", "due_on"], "9999"], today]; // a thick ring; a layer of its own cost a third of the frames
const EMPTY = { type: "FeatureCollection", features: [] };

function style(tiles) {
  const sources = { outlines: { type: "geojson", data: "/v1/base-map" }, poles: { type: "geojson", data: EMPTY } };
  if (tiles) sources.tiles = { type: "raster", tiles: [tiles], tileSize: 256 };
  const text = { "text-font": ["sans-serif"], "text-allow-overlap": true, "text-ignore-placement": true };
  return {
    version: 8,
    sources,
    layers: [
      { id: "ground", type: "background" },
      ...(tiles ? [{ id: "tiles", type: "raster", source: "tiles" }] : []),
      { id: "areas", type: "fill", source: "outlines", filter: ["==", ["geometry-type"], "Polygon"] },
      { id: "lines", type: "line", source: "outlines" },
      { id: "poles", type: "circle", source: "poles", paint: { "circle-radius": ["case", ["==", ["get", "count"], 1], 11, ["step", ["get", "count"], 16, 10, 20, 100, 24, 1000, 29]], "circle-color": byGrade, "circle-stroke-width": ["case", late, 4, 1] } },
      { id: "labels", type: "symbol", source: "poles", layout: { ...text, "text-field": ["case", ["==", ["get", "count"], 1], ["coalesce", ["slice", ["get", "worst"], 2], "–"], ["to-string", ["get", "count"]]], "text-size": 12 }, paint: { "text-color": ["match", ["coalesce", ["get", "worst"], "none"], "Ri5", "#fff", "#111"] } },
    ],
  };
}

export async function openMap(place, data, words, fields) {
  const maplibre = await import("/assets/vendor/maplibre-gl.mjs");
  maplibre.setWorkerUrl("/assets/vendor/maplibre-gl-worker.mjs");
  const [west, south, east, north] = data.extent ?? [-180, -60, 180, 75];
  const map = new maplibre.Map({
    container: place, style: style(data.tiles), bounds: [[west, south], [east, north]], fitBoundsOptions: { padding: 50, maxZoom: 16 },
    maxZoom: FARTHEST, dragRotate: false, pitchWithRotate: false, attributionControl: false, fadeDuration: 0, locale: { "Map.Title": words.ui_map },
  });
  map.touchZoomRotate.disableRotation();
  map.addControl(new maplibre.NavigationControl({ showCompass: false }), "top-right");
  map.addControl(new maplibre.ScaleControl({ maxWidth: 120 }), "bottom-left");
  await new Promise((done) => map.once("style.load", done));
  place.querySelector(".status")?.remove();
  return (place.fleet = new FleetMap(map, maplibre, place, words, fields));
}

class FleetMap {
  constructor(map, maplibre, place, words, fields) {
    Object.assign(this, { map, maplibre, place, words, fields, covered: null, asked: 0, askedAt: 0 });
    withColours(() => this._dress());
    map.on("move", () => {
      if (performance.now() - this.askedAt > EACH_MS) this._load();
    });
    map.on("moveend", () => {
      this._load();
      this.onMove?.(map.getBounds().toArray().flat());
    });
    map.on("click", "poles", (event) => this._clicked(event.features[0]));
    for (const [event, pointer] of [["mouseenter", "pointer"], ["mouseleave", ""]]) map.on(event, "poles", () => (map.getCanvas().style.cursor = pointer));
    this._load();
  }

  filter(fields) {
    this.fields = new URLSearchParams([...fields].filter(([name]) => name !== "bbox"));
    this.covered = null;
    this._load();
  }

  show(lon, lat) {
    const animate = !matchMedia("(prefers-reduced-motion: reduce)").matches;
    this.map.easeTo({ center: [lon, lat], zoom: Math.max(this.map.getZoom(), 15), duration: 600, animate });
    this.place.scrollIntoView({ block: "nearest" });
  }

  // Ask for the clusters of the view and a margin, unless they are there.
  async _load() {
    const zoom = Math.round(this.map.getZoom());
    const [[west, south], [east, north]] = this.map.getBounds().toArray();
    const has = this.covered;
    if (has && has.zoom === zoom && west >= has.west && south >= has.south && east <= has.east && north <= has.north) return;
    const [wide, high] = [(east - west) * MARGIN, (north - south) * MARGIN];
    const box = { west: Math.max(-180, west - wide), south: Math.max(-90, south - high), east: Math.min(180, east + wide), north: Math.min(90, north + high) };
    const now = ++this.asked;
    this.askedAt = performance.now();
    const fields = new URLSearchParams(this.fields);
    fields.set("bbox", [box.west, box.south, box.east, box.north].map((degrees) => degrees.toFixed(6)).join(","));
    fields.set("zoom", zoom);
    const answer = await fetch(`/v1/poles:clusters?${fields}`);
    if (!answer.ok || now !== this.asked) return;
    this.covered = { ...box, zoom };
    const found = await answer.json();
    this.map.getSource("poles").setData(found);
    this.place.dataset.poles = found.features.reduce((sum, { properties }) => sum + properties.count, 0);
    this.place.dataset.clusters = found.features.length;
  }

  _clicked({ properties, geometry }) {
    if (properties.count > 1) return this.map.easeTo({ center: geometry.coordinates, zoom: this.map.getZoom() + 2 });
    const box = document.createElement("div");
    const link = Object.assign(document.createElement("a"), { href: `/poles/${properties.id}`, textContent: properties.code });
    const told = [properties.worst ?? this.words.ui_ungraded, properties.due_on ? `${this.words.ui_next} ${properties.due_on}` : ""].filter(Boolean).join(" · ");
    box.append(link, document.createElement("br"), told);
    new this.maplibre.Popup({ closeButton: true, focusAfterOpen: true }).setLngLat(geometry.coordinates).setDOMContent(box).addTo(this.map);
  }

  _dress() {
    const colours = pageColours();
    this.map.setPaintProperty("ground", "background-color", colours.mark);
    this.map.setPaintProperty("areas", "fill-color", colours.paper);
    this.map.setPaintProperty("lines", "line-color", colours.muted);
    this.map.setPaintProperty("poles", "circle-stroke-color", colours.ink);
  }
}
