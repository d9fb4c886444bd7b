// What the charts show of the time: all of it, or what was zoomed to. Seconds since 1970.
const whole = () => ({ from: data.time.start, to: data.time.start + data.time.step * data.time.requests.length });
let view = data.time ? whole() : null;

const widths = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400];

// together is how many columns of a width become one, so that one is at least least pixels wide.
function together(step, pixels, least) {
  const need = (view.to - view.from) / Math.max(1, pixels / least);
  const width = widths.find((w) => w >= need && w % step === 0);
  return width ? width / step : Math.max(1, Math.ceil(need / step));
}

function sums(values, k) {
  const out = new Array(Math.ceil(values.length / k)).fill(0);
  values.forEach((v, i) => { out[Math.floor(i / k)] += v; });
  return out;
}

function sparseSums(at, n, columns, k) {
  const out = new Array(Math.ceil(columns / k)).fill(0);
  at.forEach((column, i) => { out[Math.floor(column / k)] += n[i]; });
  return out;
}

// highest is null where no column has a value.
function highest(values, k) {
  const out = new Array(Math.ceil(values.length / k)).fill(null);
  values.forEach((v, i) => {
    const j = Math.floor(i / k);
    if (v !== null && (out[j] === null || v > out[j])) out[j] = v;
  });
  return out;
}
