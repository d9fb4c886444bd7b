const rowHeight = 20;
const leastCell = 5; // pixels
let heat = null; // what is drawn: { map, cells, k, columns, width }
let heatAt = null; // [row, column] that is told of

const failedIn = (cell) => cell.elb + cell.target;
const measures = {
  failed: { of: failedIn, text: (v) => count(v) },
  elb: { of: (cell) => cell.elb, text: (v) => count(v) },
  target: { of: (cell) => cell.target, text: (v) => count(v) },
  share: { of: (cell) => failedIn(cell) / cell.requests, text: (v) => percent(v, 1) },
  requests: { of: (cell) => cell.requests, text: (v) => count(v) },
};

function heatCells(map, k) {
  return map.keys.map((key) => {
    const row = new Map();
    key.requests.forEach((n, i) => {
      if (!n) return;
      const column = Math.floor((key.first + i) / k);
      const cell = row.get(column) || { requests: 0, elb: 0, target: 0 };
      cell.requests += n;
      cell.elb += key.elb[i];
      cell.target += key.target[i];
      row.set(column, cell);
    });
    return row;
  });
}

const channels = (rgb) => rgb.match(/[\d.]+/g).slice(0, 3).map(Number);

function mix(low, high, t) {
  return 'rgb(' + low.map((c, i) => Math.round(c + (high[i] - c) * t)).join(',') + ')';
}

function sized(canvas, width, height) {
  const ratio = devicePixelRatio || 1;
  canvas.width = Math.round(width * ratio);
  canvas.height = Math.round(height * ratio);
  canvas.style.height = height + 'px';
  const ctx = canvas.getContext('2d');
  ctx.scale(ratio, ratio);
  return ctx;
}

function drawHeat() {
  if (!data.heat.length || !data.time) return;
  const map = data.heat[byID('heat-by').selectedIndex];
  const measure = measures[byID('heat-measure').value];
  const canvas = byID('heat-map').querySelector('canvas.cells');
  const labels = byID('heat-map').querySelector('ol');
  labels.replaceChildren(...map.keys.map((key) => make('li', { title: key.key, class: 'key' }, key.key)));
  const width = canvas.parentElement.clientWidth;
  const height = map.keys.length * rowHeight;
  const ctx = sized(canvas, width, height);
  const k = together(map.step, width, leastCell);
  const cells = heatCells(map, k);
  const x = (column) => (map.start + column * k * map.step - view.from) / (view.to - view.from) * width;
  const shown = (column) => x(column + 1) > 0 && x(column) < width;
  let most = 0;
  for (const row of cells) for (const [column, cell] of row) if (shown(column)) most = Math.max(most, measure.of(cell));
  const none = color('heat-none');
  const low = channels(color('heat-low'));
  const high = channels(color('heat-high'));
  const shade = (v) => mix(low, high, measure === measures.share ? v / most : Math.log1p(v) / Math.log1p(most));
  cells.forEach((row, i) => {
    for (const [column, cell] of row) {
      if (!shown(column)) continue;
      const v = measure.of(cell);
      ctx.fillStyle = v ? shade(v) : none;
      ctx.fillRect(x(column), i * rowHeight + 1, Math.max(1, x(column + 1) - x(column) - 1), rowHeight - 2);
    }
  });
  heat = { map, cells, k, width, x };
  if (heatAt && heat.cells[heatAt[0]]) {
    ctx.strokeStyle = color('fg');
    ctx.lineWidth = 2;
    ctx.strokeRect(x(heatAt[1]), heatAt[0] * rowHeight + 1, Math.max(3, x(heatAt[1] + 1) - x(heatAt[1]) - 1), rowHeight - 2);
  }
  const scale = byID('heat-map').querySelector('.scale');
  scale.hidden = !most;
  const ramp = sized(scale.querySelector('canvas'), 160, 10);
  for (let i = 0; i < 160; i++) {
    ramp.fillStyle = mix(low, high, i / 159);
    ramp.fillRect(i, 0, 1, 10);
  }
  scale.querySelector('.few').textContent = measure === measures.share ? '0 %' : 'few';
  scale.querySelector('.most').textContent = measure.text(most) + (measure === measures.share ? '' : ', logarithmic') + '; a column is ' + span(k * map.step);
  drawHeatAxis(width);
}

const leastTick = 96; // pixels between times

// drawHeatAxis writes the times below the map, at round ones.
function drawHeatAxis(width) {
  const axis = byID('heat-map').querySelector('.axis');
  const days = [2, 7, 14].map((n) => n * 86400);
  const step = widths.concat(days).find((w) => w >= (view.to - view.from) * leastTick / width) || 28 * 86400;
  const svg = make('svg', { viewBox: `0 0 ${width} 22`, 'aria-hidden': 'true' });
  for (let at = Math.ceil(view.from / step) * step; at <= view.to; at += step) {
    const x = (at - view.from) / (view.to - view.from) * width;
    const anchor = x < 30 ? 'start' : x > width - 30 ? 'end' : 'middle';
    svg.append(make('path', { d: `M${x} 0v4`, class: 'tick' }));
    svg.append(make('text', { x, y: 17, 'text-anchor': anchor }, step % 86400 === 0 ? iso(at).slice(5, 10) : iso(at).slice(oneDay() ? 11 : 5, at % 60 ? 19 : 16).replace('T', ' ')));
  }
  axis.replaceChildren(svg);
}

function tellCell(row, column) {
  const key = heat.map.keys[row];
  if (!key) return;
  const cell = heat.cells[row].get(column);
  const from = heat.map.start + column * heat.k * heat.map.step;
  byID('heat-readout').textContent = `${key.key}, ${clock(from)} – ${clock(from + heat.k * heat.map.step)} UTC: ` +
    (cell ? `${count(cell.requests)} requests, ${count(failedIn(cell))} with a 5xx (${percent(failedIn(cell), cell.requests)}): ${count(cell.elb)} of the load balancer, ${count(cell.target)} of targets` : 'no requests');
}

function startHeat() {
  const by = byID('heat-by');
  for (const map of data.heat) by.append(make('option', {}, map.name));
  const canvas = make('canvas', { class: 'cells', tabindex: '0', role: 'img', 'aria-label': 'Heat map; arrow keys tell of each cell' });
  const box = make('div');
  box.append(canvas);
  const axis = make('div', { class: 'axis' });
  const scale = make('div', { class: 'scale' });
  scale.append(make('span', { class: 'few' }), make('canvas', { 'aria-hidden': 'true' }), make('span', { class: 'most' }));
  byID('heat-map').append(make('ol'), box, axis, scale);
  for (const id of ['heat-by', 'heat-measure']) {
    byID(id).addEventListener('change', () => { heatAt = null; drawHeat(); });
  }
  canvas.addEventListener('mousemove', (event) => {
    const at = view.from + event.offsetX / heat.width * (view.to - view.from);
    tellCell(Math.floor(event.offsetY / rowHeight), Math.floor((at - heat.map.start) / (heat.k * heat.map.step)));
  });
  canvas.addEventListener('keydown', (event) => {
    const moves = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };
    const move = moves[event.key];
    if (!move) return;
    event.preventDefault();
    const width = heat.k * heat.map.step;
    const first = Math.floor((view.from - heat.map.start) / width);
    const last = Math.ceil((view.to - heat.map.start) / width) - 1;
    const [row, column] = heatAt || [0, first - move[1]];
    heatAt = [Math.max(0, Math.min(row + move[0], heat.map.keys.length - 1)), Math.max(Math.max(first, 0), Math.min(column + move[1], last))];
    drawHeat();
    tellCell(...heatAt);
  });
  canvas.addEventListener('blur', () => { heatAt = null; drawHeat(); });
}
