// The chart of a pole's history, and the layers and scale of its unrolled surface.

const percent = (fraction) => (fraction === null ? null : fraction * 100);

async function climbsOf(pole) {
  const climbs = [];
  for (let path = `/v1/poles/${pole}/history?limit=200`; path && climbs.length < 1000; ) {
    const answer = await fetch(path);
    if (!answer.ok) throw new Error(`${path}: ${answer.status}`);
    const page = await answer.json();
    climbs.push(...page.climbs);
    path = page.next;
  }
  return climbs.filter((climb) => climb.assessment).reverse();
}

function options(climbs, words, colours) {
  const points = (pick) => climbs.map((climb) => [climb.climbed_at, pick(climb.assessment.whole)]);
  const interval = climbs
    .filter((climb) => climb.assessment.whole.interval)
    .map(({ climbed_at, assessment: { whole } }) => [climbed_at, percent(whole.interval.low), percent(whole.interval.high)]);
  const axis = { axisLabel: { color: colours.muted }, nameTextStyle: { color: colours.muted } };
  return {
    animation: false,
    textStyle: { color: colours.ink },
    grid: { left: 56, right: 48, top: 40, bottom: 32 },
    legend: { top: 0, textStyle: { color: colours.ink } },
    tooltip: { trigger: "axis", valueFormatter: (value) => (value == null ? "–" : `${value.toFixed(2)} %`) },
    xAxis: { type: "time", ...axis },
    yAxis: [
      { type: "value", min: 0, ...axis, splitLine: { lineStyle: { color: colours.line } } },
      { type: "value", min: 0, max: 100, ...axis, splitLine: { show: false } },
    ],
    series: [
      { name: words.rusted, type: "line", symbolSize: 9, color: "#d55e00", z: 3, data: points((whole) => percent(whole.rusted_fraction)), label: { show: true, position: "left", distance: 8, color: colours.ink, fontWeight: "bold", formatter: ({ dataIndex }) => climbs[dataIndex].assessment.whole.iso_4628_3 ?? "" } },
      { name: words.interval, type: "custom", color: "#d55e00", data: interval, encode: { x: 0, y: [1, 2] }, renderItem: bar, z: 2 },
      { name: words.coverage, type: "line", yAxisIndex: 1, symbol: "diamond", symbolSize: 7, color: "#0072b2", lineStyle: { type: "dashed", width: 1 }, data: points((whole) => percent(whole.coverage)) },
    ],
  };
}

// An interval as an upright bar with caps.
function bar(_params, api) {
  const [x, low] = api.coord([api.value(0), api.value(1)]);
  const [, high] = api.coord([api.value(0), api.value(2)]);
  const line = (x1, y1, x2, y2) => ({ type: "line", shape: { x1, y1, x2, y2 }, style: { stroke: api.visual("color"), lineWidth: 2 } });
  return { type: "group", children: [line(x, low, x, high), line(x - 6, low, x + 6, low), line(x - 6, high, x + 6, high)] };
}

async function drawChart(place) {
  const climbs = await climbsOf(place.dataset.pole);
  const style = getComputedStyle(place);
  const colours = { ink: style.color, muted: style.color, line: "rgba(128,128,128,.3)" };
  const chart = echarts.init(place, null, { renderer: "svg" });
  chart.setOption(options(climbs, place.dataset, colours));
  new ResizeObserver(() => chart.resize()).observe(place);
  place.dataset.drawn = climbs.length;
}

function markHeights(map) {
  const top_m = Number(map.dataset.heightM);
  const scale = map.querySelector(".heights");
  const stack = map.querySelector(".stack");
  const draw = () => {
    const perMetre = stack.clientHeight / top_m;
    const step = [0.5, 1, 2, 5, 10].find((metres) => metres * perMetre > 60) ?? 10;
    const marks = [];
    for (let height = 0; height <= top_m; height += step) {
      const mark = document.createElement("span");
      mark.textContent = `${height} m`;
      mark.style.top = `${(top_m - height) * perMetre}px`;
      marks.push(mark);
    }
    scale.replaceChildren(...marks);
  };
  new ResizeObserver(draw).observe(stack);
}

const chart = document.getElementById("chart");
if (chart) drawChart(chart);
const map = document.getElementById("map");
if (map) {
  markHeights(map);
  for (const box of document.querySelectorAll("input[data-layer]"))
    box.addEventListener("change", () => {
      map.querySelector(`img[data-layer=${box.dataset.layer}]`).hidden = !box.checked;
    });
}
