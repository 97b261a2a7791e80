// Rust by height: one bar a band, coloured by its grade, with its interval; beside it the climb before.

import { GRADES, UNGRADED, pageColours } from "./colours.js";
import { percent, span } from "./numbers.js";

const cap = (value, most) => Math.min(value, most);

function told(band, words) {
  const lines = [`<b>${band.bottom_m}–${band.top_m} m</b> ${band.grade ?? words.ui_ungraded}`];
  lines.push(`${words.ui_rusted} ${percent(band.fraction)} (${span(band.low, band.high)})`);
  return [...lines, `${words.ui_coverage} ${percent(band.coverage)}`].join("<br>");
}

function bar(bands, colours) {
  return ({ dataIndex }, api) => {
    const band = bands[dataIndex];
    const [left, top] = api.coord([0, band.top_m]);
    const [right, bottom] = api.coord([(band.fraction ?? 0) * 100, band.bottom_m]);
    const middle = (top + bottom) / 2;
    const children = [{ type: "rect", shape: { x: left, y: top + 1, width: Math.max(1, right - left), height: Math.max(1, bottom - top - 2) }, style: { fill: GRADES[band.grade] ?? UNGRADED, stroke: colours.muted, lineWidth: 0.5 } }];
    if (band.high != null) {
      const [low] = api.coord([band.low * 100, 0]);
      const [high] = api.coord([band.high * 100, 0]);
      children.push({ type: "line", shape: { x1: low, y1: middle, x2: high, y2: middle }, style: { stroke: colours.ink, lineWidth: 1.5 } });
    }
    return { type: "group", children };
  };
}

// The climb before, as a stepped line over the bars.
function steps(bands) {
  return bands.flatMap((band) => [[(band.fraction ?? 0) * 100, band.bottom_m], [(band.fraction ?? 0) * 100, band.top_m]]);
}

export function profileOption(data, height_m, words) {
  const colours = pageColours();
  const axis = { axisLabel: { color: colours.muted }, axisLine: { lineStyle: { color: colours.line } }, nameTextStyle: { color: colours.muted } };
  const most = Math.max(0.1, ...data.bands.map((band) => (band.high ?? band.fraction ?? 0) * 100));
  return {
    animation: false,
    textStyle: { color: colours.ink, fontFamily: "inherit" },
    grid: { left: 38, right: 12, top: 28, bottom: 26 },
    tooltip: { trigger: "item", backgroundColor: colours.paper, borderColor: colours.line, textStyle: { color: colours.ink }, formatter: ({ dataIndex }) => told(data.bands[dataIndex], words) },
    xAxis: { type: "value", min: 0, max: cap(most * 1.05, 100), splitNumber: 3, axisLabel: { color: colours.muted, formatter: (value) => `${+value.toPrecision(2)}`, showMaxLabel: false, hideOverlap: true }, name: "%", nameGap: 2, nameTextStyle: { color: colours.muted }, splitLine: { lineStyle: { color: colours.line } } },
    yAxis: { type: "value", min: 0, max: height_m, name: "m", ...axis, splitLine: { show: false } },
    series: [
      { type: "custom", data: data.bands.map((band) => [band.fraction ?? 0, band.bottom_m]), renderItem: bar(data.bands, colours), clip: true },
      { type: "line", name: words.ui_before, data: steps(data.bands_before), symbol: "none", silent: true, lineStyle: { color: colours.ink, type: "dotted", width: 1.5 }, tooltip: { show: false } },
      { type: "line", id: "seen-now", data: [], silent: true, markArea: { silent: true, itemStyle: { color: colours.accent, opacity: 0.18 }, data: [] } },
    ],
  };
}

// Shade the heights that the surface shows at the moment.
export function shade(chart, bottom_m, top_m) {
  chart.setOption({ series: [{ id: "seen-now", markArea: { data: [[{ yAxis: bottom_m }, { yAxis: top_m }]] } }] });
}
