const numbers = new Intl.NumberFormat('en-US');
const count = (n) => numbers.format(n);

// percent never rounds something to nothing.
function percent(part, whole) {
  if (!whole || !part) return '0 %';
  const share = 100 * part / whole;
  if (share < 0.01) return '<0.01 %';
  return (share < 9.995 ? share.toFixed(2) : Math.min(share, part < whole ? 99.9 : 100).toFixed(1)) + ' %';
}

// milliseconds keeps about three digits.
function milliseconds(ms) {
  if (ms < 9.95) return ms.toFixed(1) + ' ms';
  if (ms < 999.5) return ms.toFixed(0) + ' ms';
  return (ms / 1e3).toPrecision(3) + ' s';
}

const iso = (seconds) => new Date(seconds * 1e3).toISOString(); // 2026-11-20T14:05:00.000Z
const oneDay = () => data.time && iso(data.time.start).slice(0, 10) === iso(whole().to - 1).slice(0, 10);

// clock is a time in UTC, without seconds where it has none, and without the day where there is but one.
function clock(seconds) {
  const text = iso(seconds);
  const time = text.slice(11, seconds % 60 ? 19 : 16);
  return oneDay() ? time : text.slice(0, 10) + ' ' + time;
}

function span(seconds) {
  if (seconds % 86400 === 0) return seconds / 86400 + ' d';
  if (seconds % 3600 === 0) return seconds / 3600 + ' h';
  if (seconds % 60 === 0 && seconds < 7200) return seconds / 60 + ' min';
  return seconds > 7200 ? (seconds / 3600).toFixed(1) + ' h' : seconds > 120 ? (seconds / 60).toFixed(1) + ' min' : seconds + ' s';
}
