// Draws the pictures of 工作分析 from the block beside the tables. Without it, or where it fails, the tables stand open.
"use strict";
(() => {
  const block = document.getElementById("charts");
  if (!block || !window.echarts) return;
  const styles = getComputedStyle(document.documentElement);
  const token = (name) => styles.getPropertyValue(name).trim();
  const size = parseFloat(styles.fontSize) * 0.8125;
  const text = { fontFamily: getComputedStyle(document.body).fontFamily, fontSize: size, color: token("--ink-2") };
  const tones = ["--wait", "--late", "--done", "--miss", "--line-2"].map(token);
  const grades = ["--done", "--wait", "--gold", "--miss", "--line-2"].map(token);

  const axisOf = (spec, wide) => {
    const longest = Math.max(...spec.labels.map((label) => label.length));
    const names = {
      type: "category", data: spec.labels, axisTick: { show: false }, axisLine: { lineStyle: { color: token("--line-2") } },
      axisLabel: { ...text, hideOverlap: true },
    };
    const numbers = {
      type: "value", min: spec.low, max: spec.unit === "%" ? 100 : undefined, minInterval: 1, splitNumber: 4,
      axisLabel: { ...text, formatter: spec.unit === "%" ? "{value}%" : "{value}" },
      splitLine: { lineStyle: { color: token("--line") } },
    };
    if (spec.shape === "line" || spec.shape === "bar") return { xAxis: names, yAxis: numbers };
    names.inverse = true;
    names.axisLabel = { ...names.axisLabel, hideOverlap: false, interval: 0, width: Math.min(longest * size * 1.1, wide * 0.4), overflow: "break" };
    numbers.axisLabel.show = false;
    numbers.splitLine.show = false;
    if (spec.unit !== "%") delete numbers.max;
    return { xAxis: numbers, yAxis: names };
  };

  const seriesOf = (spec) => {
    // A piece of a bar too short for its number goes without; the table has it.
    const most = Math.max(...spec.labels.map((_, at) => spec.series.reduce((sum, row) => sum + (row.values[at] || 0), 0)));
    const least = spec.shape === "stack" ? most * 0.06 : 0;
    return spec.series.map((row, place) => {
      const color = spec.shape === "stack" ? grades[place % grades.length] : tones[place % tones.length];
      const said = { ...text, color: token("--ink"), formatter: (mark) => (mark.value > least ? `${mark.value}${spec.unit === "%" ? "%" : ""}` : "") };
      if (spec.shape === "line") {
        return {
          type: "line", name: row.name, data: row.values, color, symbol: place ? "triangle" : "circle", symbolSize: 8,
          lineStyle: { width: 2, type: place ? "dashed" : "solid" },
        };
      }
      const dark = spec.shape === "stack" && place < grades.length - 1 && place !== 2;
      return {
        type: "bar", name: row.name, data: row.values, color, barMaxWidth: 22, stack: spec.shape === "stack" ? "all" : undefined,
        label: { show: true, position: spec.shape === "stack" ? "inside" : "right", ...said, color: dark ? token("--surface") : token("--ink") },
      };
    });
  };

  const draw = (spec) => {
    const figure = document.querySelector(`[data-chart="${spec.key}"]`);
    if (!figure || !spec.labels.length) return null;
    const place = figure.querySelector(".canvas");
    figure.hidden = false;
    if (spec.shape !== "line") place.style.height = `${Math.max(8, spec.labels.length * (spec.shape === "lying" ? 1 + spec.series.length : 2.2) + 2)}rem`;
    const chart = echarts.init(place, null, { renderer: "canvas" });
    const show = () =>
      chart.setOption({
        animation: false, textStyle: text, ...axisOf(spec, place.clientWidth), series: seriesOf(spec),
        grid: { left: 8, right: spec.shape === "line" ? 16 : 40, top: 16, bottom: 8, containLabel: true },
        aria: { enabled: true, label: { enabled: false }, decal: { show: spec.shape !== "line" && spec.series.length > 1 } },
      }, true);
    show();
    chart.on("click", (mark) => {
      const url = spec.series[mark.seriesIndex].urls[mark.dataIndex];
      if (url) location.href = url;
    });
    new ResizeObserver(() => {
      chart.resize();
      show();
    }).observe(place);
    const table = figure.parentElement.querySelector("details");
    table.open = false;
    return table;
  };

  const tables = JSON.parse(block.textContent).map(draw).filter(Boolean);
  let folded = [];
  addEventListener("beforeprint", () => {
    folded = tables.filter((table) => !table.open);
    folded.forEach((table) => { table.open = true; });
  });
  addEventListener("afterprint", () => folded.forEach((table) => { table.open = false; }));
})();
