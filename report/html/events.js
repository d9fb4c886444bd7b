// drawMarks paints deploys, and where targets came and went, behind a chart.
function drawMarks(plot) {
  const { ctx, bbox } = plot;
  const x = (at) => plot.valToPos(at, 'x', true);
  const inView = (from, to) => to >= view.from && from <= view.to;
  ctx.save();
  ctx.beginPath();
  ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
  ctx.clip();
  ctx.globalAlpha = 0.14;
  ctx.fillStyle = color('accent');
  for (const d of data.time.deploys) {
    if (inView(d.from, d.to)) ctx.fillRect(x(d.from), bbox.top, Math.max(2, x(d.to) - x(d.from)), bbox.height);
  }
  ctx.globalAlpha = 0.7;
  ctx.setLineDash([3, 3]);
  ctx.strokeStyle = color('edge');
  const comings = data.time.comings.filter((c) => inView(c.at, c.at));
  for (const c of comings.length > 60 ? [] : comings) { // more would be a wall
    ctx.beginPath();
    ctx.moveTo(Math.round(x(c.at)) + 0.5, bbox.top);
    ctx.lineTo(Math.round(x(c.at)) + 0.5, bbox.top + bbox.height);
    ctx.stroke();
  }
  ctx.restore();
}

// drawEvents draws the line of deploys and targets below the charts. What cannot be told apart is one mark.
function drawEvents() {
  const box = byID('events');
  if (!data.time.deploys.length && !data.time.comings.length) {
    byID('figure-events').hidden = true;
    return;
  }
  const width = box.clientWidth;
  const at = (t) => axisWidth + (t - view.from) / (view.to - view.from) * (width - axisWidth - edgeWidth);
  const svg = make('svg', { viewBox: `0 0 ${width} 44`, role: 'img', 'aria-label': `${data.time.deploys.length} deploys, ${data.time.comings.length} targets came or went` });
  for (const d of data.time.deploys) {
    if (d.to < view.from || d.from > view.to) continue;
    const left = Math.max(axisWidth, at(d.from));
    const mark = make('rect', { x: left, y: 1, width: Math.max(3, Math.min(at(d.to), width) - left), height: 14, rx: 3, fill: color('accent') });
    mark.append(make('title', {}, d.text));
    svg.append(mark);
    if (left < width - 60) svg.append(make('text', { x: left + Math.max(3, Math.min(at(d.to), width) - left) + 5, y: 12, 'font-size': 11, fill: color('muted') }, 'deploy'));
  }
  const marks = new Map();
  for (const c of data.time.comings) {
    if (c.at < view.from || c.at > view.to) continue;
    const place = Math.round(at(c.at) / 12) + (c.gone ? 'gone' : '');
    if (!marks.has(place)) marks.set(place, { x: at(c.at), gone: c.gone, list: [] });
    marks.get(place).list.push(c);
  }
  for (const { x, gone, list } of marks.values()) {
    const shape = gone ? `M${x - 5} 33h10l-5 9z` : `M${x - 5} 29h10l-5 -9z`;
    const mark = make('path', { d: shape, fill: gone ? color('bad') : color('good') });
    const names = list.slice(0, 8).map((c) => `${c.target}${c.group ? ' (' + c.group + ')' : ''} ${clock(c.at)}`);
    if (list.length > 8) names.push(`… ${list.length - 8} more`);
    mark.append(make('title', {}, (gone ? 'last request of ' : 'first request of ') + names.join('\n')));
    svg.append(mark);
    if (list.length > 1) svg.append(make('text', { x: x + 6, y: gone ? 42 : 29, 'font-size': 11, fill: color('muted') }, String(list.length)));
  }
  box.replaceChildren(svg);
}
