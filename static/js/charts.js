// Draws every element with a `data-chart` attribute (see templates/shared/charts.html) with ECharts as SVG.
// The same values stand in a table under each chart, so the drawing is for the eye only.

const INK = "#17222b";
const INK_2 = "#4a5763";
const LINE = "#d3dadf";
const COLOURS = { level: "#0b5a6b", more: "#3f8f6b", less: "#b5533c" };
// Hatching keeps less and more apart without colour.
const DECAL_LESS = { symbol: "rect", dashArrayX: [1, 0], dashArrayY: [2, 4], rotation: -Math.PI / 4, color: "rgba(255,255,255,0.55)" };

function fontFamily() {
  return getComputedStyle(document.body).fontFamily;
}

function base(narrow) {
  return {
    animation: false,
    textStyle: { fontFamily: fontFamily(), color: INK },
    aria: { enabled: true, decal: { show: false } },
    // Rich text instead of HTML: HTML tooltips need inline styles, which the Content-Security-Policy forbids.
    tooltip: { renderMode: "richText", confine: true, triggerOn: "mousemove|click" },
    grid: { left: 8, right: narrow ? 16 : 24, top: 24, bottom: 8, containLabel: true },
  };
}

// A number of people in brackets stands on a line of its own, so that no line ends inside of the brackets.
function breakBeforeBrackets(label) {
  return label.replace(/\s?(?=[(（])/, "\n");
}

function categoryAxis(items, narrow) {
  return {
    type: "category",
    data: items.map((item) => item.label),
    axisTick: { show: false },
    axisLine: { lineStyle: { color: LINE } },
    axisLabel: { color: INK, fontSize: 13, interval: 0, width: narrow ? 84 : 150, overflow: "break", formatter: breakBeforeBrackets },
  };
}

function valueAxis() {
  return { type: "value", axisLabel: { show: false }, splitLine: { lineStyle: { color: "#eef2f4" } } };
}

function tooltipText(items) {
  return (hovered) => {
    const item = items[(Array.isArray(hovered) ? hovered[0] : hovered).dataIndex];
    return `${item.label}: ${item.text}`;
  };
}

function barOptions(items, narrow) {
  return {
    ...base(narrow),
    grid: { left: 8, right: narrow ? 90 : 120, top: 4, bottom: 4, containLabel: true },
    tooltip: { ...base(narrow).tooltip, formatter: tooltipText(items) },
    yAxis: { ...categoryAxis(items, narrow), inverse: true },
    xAxis: valueAxis(),
    series: [{
      type: "bar",
      barMaxWidth: 22,
      data: items.map((item) => item.value),
      itemStyle: { color: COLOURS.level, borderRadius: [0, 3, 3, 0] },
      label: { show: true, position: "right", color: INK, fontSize: 13, formatter: (point) => items[point.dataIndex].text },
    }],
  };
}

// Each change hangs between the level before and the level after it; the lower end is an invisible bar.
function bridgeLevels(items) {
  let level = 0;
  return items.map((item) => {
    const before = level;
    level = item.kind === "total" ? item.value : level + item.value;
    if (item.kind === "total") return { low: 0, high: item.value, name: "level" };
    return { low: Math.min(before, level), high: Math.max(before, level), name: item.value < 0 ? "less" : "more" };
  });
}

// Small changes between large totals would be hairs: the axis then starts above zero, and the totals look cut.
function bridgeFloor(levels) {
  const inner = levels.filter((level) => level.name !== "level");
  const lowest = Math.min(...levels.map((level) => (level.name === "level" ? level.high : level.low)));
  const span = Math.max(...levels.map((level) => level.high)) - lowest;
  if (!inner.length || span * 4 > lowest) return 0;
  return Math.max(0, Math.floor(lowest - span));
}

// The longest amount at a bar's end: a figure of 12 px is 7.7 px wide in the widest of the fonts.
function roomForTexts(items) {
  return Math.ceil(Math.max(...items.map((item) => item.text.length)) * 7.7);
}

function bridgeOptions(items, narrow) {
  const levels = bridgeLevels(items);
  const floor = bridgeFloor(levels);
  const category = categoryAxis(items, narrow);
  const values = { ...valueAxis(), min: floor, max: (range) => range.max + (range.max - floor) * 0.06 };
  const bar = { type: "bar", stack: "bridge", barMaxWidth: narrow ? 18 : 46, barCategoryGap: "28%" };
  const shown = levels.map((level) => ({
    value: level.high - Math.max(level.low, floor),
    itemStyle: { color: COLOURS[level.name], decal: level.name === "less" ? DECAL_LESS : undefined },
  }));
  const label = {
    show: true, position: narrow ? "right" : "top", color: INK, fontSize: narrow ? 12 : 13,
    formatter: (point) => items[point.dataIndex].text,
  };
  return {
    ...base(narrow),
    grid: { left: 8, right: narrow ? roomForTexts(items) : 16, top: narrow ? 4 : 24, bottom: 4, containLabel: true },
    tooltip: { ...base(narrow).tooltip, formatter: tooltipText(items) },
    xAxis: narrow ? values : { ...category, axisLabel: { ...category.axisLabel, width: 96 } },
    yAxis: narrow ? { ...category, inverse: true } : values,
    series: [
      { ...bar, silent: true, itemStyle: { color: "transparent" }, data: levels.map((level) => Math.max(level.low, floor)) },
      { ...bar, data: shown, label },
    ],
  };
}

function lineOptions(items, narrow) {
  const category = categoryAxis(items, narrow);
  return {
    ...base(narrow),
    tooltip: { ...base(narrow).tooltip, trigger: "axis", formatter: tooltipText(items) },
    xAxis: { ...category, axisLabel: { color: INK_2, fontSize: 13, hideOverlap: true } },
    yAxis: valueAxis(),
    series: [{
      type: "line", data: items.map((item) => item.value), symbol: "circle", symbolSize: 7, lineStyle: { width: 2.5 },
      itemStyle: { color: COLOURS.level },
      label: { show: items.length <= 13 && !narrow, position: "top", color: INK, fontSize: 13, formatter: (point) => items[point.dataIndex].text },
    }],
  };
}

const MAKERS = { bars: barOptions, bridge: bridgeOptions, line: lineOptions };

function loadLibrary() {
  if (window.echarts) return Promise.resolve();
  return new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = new URL("../vendor/echarts/echarts.common.min.js", import.meta.url);
    script.onload = resolve;
    script.onerror = reject;
    document.head.append(script);
  });
}

// On paper a chart gets the width of an A4 page, and its table is opened; afterwards all is as it was.
const PAPER_PIXELS = 630;

function printWell(figure, chart, render) {
  const table = figure.querySelector("details");
  let wasOpen = table.open;
  window.addEventListener("beforeprint", () => {
    wasOpen = table.open;
    table.open = true;
    chart.resize({ width: PAPER_PIXELS });
    render();
  });
  window.addEventListener("afterprint", () => {
    table.open = wasOpen;
    chart.resize({ width: "auto" });
    render();
  });
}

// Amounts above bars stand side by side only where each has its room; else the bars lie.
const SIDE_BY_SIDE_PIXELS = { least: 520, each: 100 };

function isNarrow(element, type, items) {
  const { least, each } = SIDE_BY_SIDE_PIXELS;
  return element.clientWidth < (type === "bridge" ? Math.max(least, items.length * each) : least);
}

function drawOne(element) {
  const { type, items } = JSON.parse(element.dataset.chart);
  const chart = window.echarts.init(element, null, { renderer: "svg" });
  const figure = element.closest("figure");
  const cut = figure.querySelector("[data-cut-scale]");
  if (cut) cut.hidden = bridgeFloor(bridgeLevels(items)) === 0;
  const render = () => chart.setOption(MAKERS[type](items, isNarrow(element, type, items)), true);
  render();
  printWell(figure, chart, render);
  element.dataset.drawn = "true";
  new ResizeObserver(() => {
    chart.resize();
    render();
  }).observe(element);
}

export async function draw(root) {
  const elements = [...root.querySelectorAll("[data-chart]:not([data-drawn])")];
  try {
    await loadLibrary();
    elements.forEach(drawOne);
  } catch (error) {
    // Without the drawing the table is opened: nothing is lost.
    elements.forEach((element) => {
      element.closest("figure").classList.add("ltc-chart--failed");
      element.closest("figure").querySelector("details").open = true;
    });
    throw error;
  }
}
