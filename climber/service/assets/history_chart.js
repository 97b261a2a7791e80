// A pole's history: rusted share or area of one part through the climbs, with the band of its interval.

import { BLUE, RUST, pageColours } from "./colours.js";
import { area, percent, span } from "./numbers.js";

const keyOf = (part) => `${part.part} ${part.name}`;
const AXES = {
  fraction: { scale: (fraction) => (fraction == null ? null : fraction * 100), write: percent, unit: "%" },
  m2: { scale: (fraction, part) => (fraction == null ? null : fraction * part.seen_m2), write: null, unit: "m²" },
};

// The parts that any climb has, in the order of the newest climb that has them.
export function partsOf(series) {
  const found = new Map();
  for (const climb of [...series].reverse()) for (const part of climb.parts) if (!found.has(keyOf(part))) found.set(keyOf(part), part.label);
  return found;
}

function points(series, key, measure) {
  const { scale } = AXES[measure];
  return series.map((climb) => {
    const part = climb.parts.find((one) => keyOf(one) === key);
    const value = (name) => (part ? scale(part[name], part) : null);
    return { climb, part, at: climb.at, value: value("fraction"), low: value("low"), high: value("high") };
  });
}

function told({ climb, part }, words) {
  if (!part) return climb.at.slice(0, 10);
  const lines = [`<b>${climb.at.slice(0, 10)}</b> ${part.grade ?? words.ui_ungraded}`];
  lines.push(`${words.ui_rusted} ${percent(part.fraction)} (${span(part.low, part.high)})`);
  lines.push(`${words.ui_area} ${area(part.fraction == null ? null : part.fraction * part.seen_m2)}`);
  lines.push(`${words.ui_coverage} ${percent(climb.coverage)}`);
  return lines.join("<br>");
}

export function historyOption(series, key, measure, words) {
  const colours = pageColours();
  const shown = points(series, key, measure);
  const axis = { axisLabel: { color: colours.muted }, axisLine: { lineStyle: { color: colours.line } } };
  const edge = { type: "line", stack: "interval", symbol: "none", lineStyle: { opacity: 0 }, silent: true, tooltip: { show: false } };
  const whole = shown.map((one) => (one.high == null ? null : one.high - one.low));
  return {
    animation: false,
    textStyle: { color: colours.ink, fontFamily: "inherit" },
    grid: { left: 56, right: 52, top: 44, bottom: 28 },
    legend: { top: 0, itemGap: 18, textStyle: { color: colours.ink }, data: [words.ui_rusted, words.ui_interval, words.ui_coverage] },
    tooltip: { trigger: "axis", backgroundColor: colours.paper, borderColor: colours.line, textStyle: { color: colours.ink }, formatter: ([first]) => told(shown[first.dataIndex], words) },
    xAxis: { type: "time", splitNumber: 4, ...axis, axisLabel: { color: colours.muted, fontSize: 12, formatter: "{yyyy}-{MM}", hideOverlap: true }, boundaryGap: ["3%", "3%"] },
    yAxis: [
      { type: "value", min: 0, name: AXES[measure].unit, nameTextStyle: { color: colours.muted }, ...axis, splitLine: { lineStyle: { color: colours.line } } },
      { type: "value", min: 0, max: 100, interval: 25, name: `${words.ui_coverage} %`, nameTextStyle: { color: colours.muted, align: "right" }, ...axis, splitLine: { show: false } },
    ],
    series: [
      { ...edge, name: "low", data: shown.map((one) => [one.at, one.low]) },
      { ...edge, name: words.ui_interval, color: RUST, areaStyle: { color: RUST, opacity: 0.22 }, data: shown.map((one, i) => [one.at, whole[i]]) },
      { name: words.ui_rusted, type: "line", symbol: "circle", symbolSize: 9, color: RUST, z: 3, data: shown.map((one) => [one.at, one.value]), label: { show: true, position: "top", color: colours.ink, fontWeight: "bold", textBorderColor: colours.paper, textBorderWidth: 3, formatter: ({ dataIndex }) => shown[dataIndex].part?.grade ?? "" } },
      { name: words.ui_coverage, type: "line", yAxisIndex: 1, symbol: "diamond", symbolSize: 7, color: BLUE, lineStyle: { type: "dashed", width: 1 }, data: series.map((climb) => [climb.at, climb.coverage * 100]) },
      { ...edges(shown), color: RUST },
    ],
  };
}

// Caps and stems, so that an interval shows also where there is one climb only.
function edges(shown) {
  const data = shown.filter((one) => one.high != null).map((one) => [one.at, one.low, one.high]);
  const renderItem = (_params, api) => {
    const [x, low] = api.coord([api.value(0), api.value(1)]);
    const [, high] = api.coord([api.value(0), api.value(2)]);
    const line = (x1, y1, x2, y2) => ({ type: "line", shape: { x1, y1, x2, y2 }, style: { stroke: RUST, lineWidth: 1.5 } });
    return { type: "group", children: [line(x, low, x, high), line(x - 5, low, x + 5, low), line(x - 5, high, x + 5, high)] };
  };
  return { type: "custom", name: "stems", silent: true, tooltip: { show: false }, encode: { x: 0, y: [1, 2] }, data, renderItem, z: 2 };
}
