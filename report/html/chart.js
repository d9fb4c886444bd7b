const axisWidth = 58; // left and right of all charts alike, so that times stand below each other
const edgeWidth = 18;
const leastColumn = 4; // pixels
const charts = []; // { id, name, rows(): x and series, options(), tell(column): text, plot }

// zoom shows a part of the time in all charts, and at least three columns.
function zoom(from, to) {
  const all = whole();
  const least = 3 * data.time.step;
  from = Math.max(all.from, Math.min(from, all.to - least));
  to = Math.min(all.to, Math.max(to, from + least));
  view = { from, to };
  const zoomed = from > all.from || to < all.to;
  byID('zoomed').hidden = !zoomed;
  if (zoomed) {
    const since = iso(Math.floor(from / 60) * 60).slice(0, 16) + 'Z';
    const until = iso(Math.ceil(to / 60) * 60).slice(0, 16) + 'Z';
    byID('zoom-window').textContent = clock(Math.round(from)) + ' – ' + clock(Math.round(to)) + ' UTC';
    byID('zoom-command').textContent = `alblens analyze ${data.source} --since ${since} --until ${until} -o zoom.html`;
  }
  drawAll();
}

function zoomBy(factor, around) {
  zoom(around - (around - view.from) * factor, around + (view.to - around) * factor);
}

// timeLabels are short, and name the day where it changes.
function timeLabels(plot, splits) {
  let day = '';
  return splits.map((at) => {
    const text = iso(at);
    const time = text.slice(11, at % 60 ? 19 : 16);
    const today = text.slice(5, 10);
    const label = today === day || oneDay() ? time : (time === '00:00' ? today : today + '\n' + time);
    day = today;
    return label;
  });
}

function axes(values) {
  const common = { stroke: color('muted'), grid: { stroke: color('line'), width: 1 }, ticks: { show: false }, font: '12px system-ui, sans-serif' };
  return [
    { ...common, values: timeLabels, space: 80, size: oneDay() ? 28 : 42, incrs: widths.concat([2 * 86400, 7 * 86400]) },
    { ...common, values, size: axisWidth, space: 32, filter: decades, grid: { ...common.grid, filter: decades } },
  ];
}

// decades leaves a logarithmic axis its powers of ten.
function decades(plot, splits) {
  if (plot.scales.y.distr !== 3) return splits;
  return splits.map((v) => (Number.isInteger(Math.round(Math.log10(v) * 1e6) / 1e6) ? v : null));
}

const short = (n) => (n >= 1e9 ? +(n / 1e9).toPrecision(3) + ' G' : n >= 1e6 ? +(n / 1e6).toPrecision(3) + ' M' : n >= 1e4 ? +(n / 1e3).toPrecision(3) + ' k' : count(+n.toPrecision(3)));

// newPlot draws a chart anew.
function newPlot(chart) {
  const box = byID(chart.id);
  const rows = chart.rows();
  const o = chart.options();
  if (chart.plot) chart.plot.destroy();
  chart.plot = new uPlot({
    width: box.clientWidth, height: o.height, legend: { show: false },
    padding: [8, edgeWidth, 0, 0],
    cursor: {
      y: false, points: { show: false }, sync: { key: 'time', scales: ['x', null] },
      drag: { x: true, y: false, setScale: false },
      bind: { dblclick: () => () => { zoom(whole().from, whole().to); return null; } },
    },
    scales: { x: { time: false, range: () => [view.from, view.to] }, y: o.y },
    axes: axes(o.values),
    series: [{}, ...o.series],
    hooks: {
      drawClear: [drawMarks],
      setSelect: [(plot) => {
        const { left, width } = plot.select;
        if (width < 5) return;
        plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
        zoom(plot.posToVal(left, 'x'), plot.posToVal(left + width, 'x'));
      }],
      setCursor: [(plot) => {
        if (plot.cursor.event || plot === moved) tellColumn(plot.cursor.idx);
      }],
    },
  }, rows, box);
}

let moved = null; // the chart whose cursor a key moves

function tellColumn(i) {
  if (i === null || i === undefined) return;
  byID('readout').textContent = charts.map((chart) => chart.tell(i)).filter(Boolean).join('; ');
}

function timeColumns(k) {
  const step = data.time.step * k;
  const n = Math.ceil(data.time.requests.length / k);
  return Array.from({ length: n + 1 }, (_, i) => data.time.start + i * step);
}

const columnCount = () => together(data.time.step, byID('chart-requests').clientWidth - axisWidth - edgeWidth, leastColumn);

// closed repeats the last value, so that the last column has a width.
const closed = (values) => [...values, values[values.length - 1]];

const fromZero = { range: (plot, min, max) => [0, Math.max(1, max) * 1.06] };
const stepped = (fill) => ({ stroke: null, width: 0, fill, paths: uPlot.paths.stepped({ align: 1 }), points: { show: false } });

const requestsChart = {
  id: 'chart-requests',
  name: 'Requests over time',
  rows() {
    const k = columnCount();
    this.n = sums(data.time.requests, k);
    this.x = timeColumns(k);
    this.step = k * data.time.step;
    for (const label of document.querySelectorAll('#charts .per')) label.textContent = 'in ' + span(this.step);
    byID('latency-note').textContent = k > 1 ? '; the highest of the columns in ' + span(this.step) : '';
    return [this.x, closed(this.n)];
  },
  options: () => ({ height: 140, y: fromZero, values: (plot, splits) => splits.map(short), series: [stepped(color('series-requests'))] }),
  tell(i) {
    if (i >= this.n.length) return '';
    return `${clock(this.x[i])} – ${clock(this.x[i] + this.step)} UTC: ${count(this.n[i])} requests`;
  },
};

const shownSeries = 9; // colours
const hidden = new Set();

// failures are the causes with a colour each; those beyond share the last one.
function failures() {
  const list = data.time.failures;
  if (list.length <= shownSeries) return list;
  const rest = list.slice(shownSeries - 1);
  const sum = { name: 'others', title: rest.map((f) => f.name).join(', '), total: 0, quiet: rest.every((f) => f.quiet), at: [], n: [] };
  for (const f of rest) {
    sum.total += f.total;
    sum.at.push(...f.at);
    sum.n.push(...f.n);
  }
  return [...list.slice(0, shownSeries - 1), sum];
}

const failuresChart = {
  id: 'chart-failures',
  name: 'Failed requests over time by cause',
  rows() {
    const k = columnCount();
    const columns = data.time.requests.length;
    this.shown = this.all.map((f, i) => ({ ...f, color: 'series-' + (i + 1) })).filter((f) => !hidden.has(f.name));
    this.n = this.shown.map((f) => sparseSums(f.at, f.n, columns, k));
    let below = new Array(Math.ceil(columns / k)).fill(0);
    const stacked = this.n.map((values) => { below = values.map((v, i) => v + below[i]); return closed(below); });
    return [timeColumns(k), ...stacked.reverse()]; // the highest first: the others are painted over it
  },
  options() {
    const series = this.shown.map((f) => stepped(color(f.color))).reverse();
    return { height: 200, y: fromZero, values: (plot, splits) => splits.map((v) => (Number.isInteger(v) ? short(v) : '')), series };
  },
  tell(i) {
    return this.shown.map((f, j) => (this.n[j][i] ? `${f.name} ${count(this.n[j][i])}` : '')).filter(Boolean).join(', ');
  },
};

const lines = [
  { color: 'series-4', width: 1.5 }, { color: 'series-2', width: 1.5, dash: [6, 3] }, { color: 'series-5', width: 2 }, { color: 'series-6', width: 1.5, dash: [2, 2] },
];

const latencyChart = {
  id: 'chart-latency',
  name: 'Latency over time',
  rows() {
    const k = columnCount();
    this.shown = data.time.latency.map((l, i) => ({ ...l, ...lines[i] })).filter((l) => !hidden.has(l.name));
    this.of = this.shown.map((l) => highest(l.of.map((v) => (v === null ? null : Math.max(v, 0.1))), k));
    return [timeColumns(k), ...this.of.map((values) => [...values, null])];
  },
  options() {
    const range = (plot, min, max) => [10 ** Math.floor(Math.log10(min || 1)), 10 ** Math.ceil(Math.log10(Math.max(max || 1, (min || 1) * 1.01)))];
    const series = this.shown.map((l) => ({ stroke: color(l.color), width: l.width, dash: l.dash, points: { show: l.of.length < 3 } }));
    return { height: 180, y: { distr: 3, range }, values: (plot, splits) => splits.map((v) => (v === null ? '' : v < 1000 ? v + ' ms' : v / 1000 + ' s')), series };
  },
  tell(i) {
    return this.shown.map((l, j) => (this.of[j][i] === null || this.of[j][i] === undefined ? '' : `${l.name} ${milliseconds(this.of[j][i])}`)).filter(Boolean).join(', ');
  },
};

// legend has a button for each series, which hides and shows it.
function legend(id, items, swatch) {
  for (const item of items) {
    const li = make('li');
    const button = make('button', { type: 'button', 'aria-pressed': String(!hidden.has(item.name)), title: item.title || '' });
    const svg = make('svg', { viewBox: '0 0 12 12', 'aria-hidden': 'true' });
    const shape = swatch(item);
    svg.append(shape);
    button.append(svg, item.name);
    if (item.total) button.append(' ', make('b', {}, count(item.total)));
    button.addEventListener('click', () => {
      if (!hidden.delete(item.name)) hidden.add(item.name);
      button.setAttribute('aria-pressed', String(!hidden.has(item.name)));
      drawAll();
    });
    li.append(button);
    byID(id).append(li);
    themeChanged.push(() => paint(shape, item.color));
    paint(shape, item.color);
  }
}

function paint(shape, name) {
  shape.setAttribute(shape.hasAttribute('stroke') ? 'stroke' : 'fill', color(name));
}

// Keys do what the mouse does.
function listen(chart) {
  const box = byID(chart.id);
  for (const [attribute, value] of [['tabindex', '0'], ['role', 'group'], ['aria-roledescription', 'chart'], ['aria-label', chart.name]]) box.setAttribute(attribute, value);
  box.addEventListener('keydown', (event) => {
    const plot = chart.plot;
    const x = requestsChart.x;
    const step = requestsChart.step;
    let i = plot.cursor.idx ?? Math.round(((view.from + view.to) / 2 - x[0]) / step);
    switch (event.key) {
      case 'ArrowLeft': i -= event.shiftKey ? 10 : 1; break;
      case 'ArrowRight': i += event.shiftKey ? 10 : 1; break;
      case 'Home': i = Math.floor((view.from - x[0]) / step); break;
      case 'End': i = Math.ceil((view.to - x[0]) / step) - 1; break;
      case '+': case '=': zoomBy(0.5, x[i]); break;
      case '-': zoomBy(2, x[i]); break;
      case '0': case 'Escape': zoom(whole().from, whole().to); break;
      default: return;
    }
    event.preventDefault();
    i = Math.max(Math.ceil((view.from - requestsChart.x[0]) / requestsChart.step), Math.min(i, requestsChart.n.length - 1));
    moved = chart.plot;
    moved.setCursor({ left: moved.valToPos(requestsChart.x[i], 'x') + 1, top: 10 });
    tellColumn(i);
    moved = null;
  });
}

function drawAll() {
  for (const chart of charts) newPlot(chart);
  drawEvents();
  drawHeat();
}

function startCharts() {
  for (const f of data.time.failures) {
    if (f.quiet) hidden.add(f.name);
  }
  failuresChart.all = failures();
  charts.push(requestsChart);
  if (data.time.failures.length) charts.push(failuresChart);
  else byID('chart-failures').replaceChildren(make('p', { class: 'note' }, 'None failed.'));
  if (data.time.latency.length) charts.push(latencyChart);
  else byID('chart-latency').closest('figure').hidden = true;
  legend('legend-failures', failuresChart.all.map((f, i) => ({ ...f, color: 'series-' + (i + 1) })), () => make('rect', { width: 12, height: 12, rx: 2 }));
  legend('legend-latency', data.time.latency.map((l, i) => ({ ...l, ...lines[i] })),
    (l) => make('path', { d: 'M0 6H12', fill: 'none', stroke: 'none', 'stroke-width': 3, 'stroke-dasharray': l.dash ? l.dash.map((d) => d * 0.7).join(' ') : 'none' }));
  charts.forEach(listen);
  byID('zoom-reset').addEventListener('click', () => zoom(whole().from, whole().to));
  drawAll();
  themeChanged.push(drawAll);
  let width = byID('chart-requests').clientWidth;
  new ResizeObserver(() => {
    if (byID('chart-requests').clientWidth === width) return;
    width = byID('chart-requests').clientWidth;
    drawAll();
  }).observe(byID('charts'));
}
