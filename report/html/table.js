const firstRows = 50; // of a table, until all are asked for
const units = { ms: 1, s: 1e3, '%': 1 };

// valueOf is what a cell sorts by: 1,234 · ≥1,234 · 0.02 % · 1.23 s · text. What is empty comes last, whatever the order.
function valueOf(text) {
  const match = /^[≥<]?([\d,]+(?:\.\d+)?)(?: (ms|s|%))?$/.exec(text);
  if (!match) return text;
  const value = Number(match[1].replaceAll(',', '')) * (units[match[2]] || 1);
  return text[0] === '<' ? value / 2 : value;
}

function compare(a, b) {
  if (typeof a === typeof b) return a < b ? -1 : a > b ? 1 : 0;
  return typeof a === 'number' ? 1 : -1;
}

// csvCell keeps a spreadsheet from taking text for a formula.
function csvCell(text) {
  if (/^-?[\d,]+$/.test(text)) text = text.replaceAll(',', '');
  else if (/^[\s"']*[=+\-@|＝＋－＠｜]/.test(text)) text = "'" + text;
  return '"' + text.replaceAll('"', '""') + '"';
}

function startTable(table) {
  const box = table.closest('.scroll');
  const controls = box.previousElementSibling;
  const more = box.nextElementSibling;
  const body = table.tBodies[0];
  const rows = Array.from(body.rows);
  const heads = Array.from(table.tHead.rows[0].cells);
  const keys = rows.map((row) => Array.from(row.querySelectorAll('th, .k'), (cell) => (cell.title || '') + ' ' + cell.textContent).join(' ').toLowerCase());
  let order = rows.map((_, i) => i);
  let all = false;

  const matching = () => {
    const text = controls.querySelector('[type=search]').value.trim().toLowerCase();
    const failed = controls.querySelector('[type=checkbox]').checked;
    return order.filter((i) => keys[i].includes(text) && (!failed || rows[i].className));
  };
  const show = () => {
    const list = matching();
    const visible = new Set(all ? list : list.slice(0, firstRows));
    rows.forEach((row, i) => { row.hidden = !visible.has(i); });
    body.append(...order.map((i) => rows[i]));
    controls.querySelector('.shown').textContent = `${count(visible.size)} of ${count(rows.length)} rows`;
    more.hidden = all || list.length <= firstRows;
    box.classList.toggle('tall', visible.size > firstRows); // so long that its head has to stay in sight
    more.querySelector('button').textContent = `Show all ${count(list.length)}`;
  };
  const sort = (column) => {
    const head = heads[column];
    const numeric = head.classList.contains('n');
    const now = head.getAttribute('aria-sort');
    const down = now ? now === 'ascending' : numeric; // numbers: the greatest first
    heads.forEach((h) => h.removeAttribute('aria-sort'));
    head.setAttribute('aria-sort', down ? 'descending' : 'ascending');
    const values = rows.map((row) => (row.cells[column] ? valueOf(row.cells[column].textContent.trim()) : ''));
    const empty = (i) => values[i] === '';
    order = rows.map((_, i) => i).sort((a, b) => {
      if (empty(a) || empty(b)) return empty(a) - empty(b);
      return down ? compare(values[b], values[a]) : compare(values[a], values[b]);
    });
    show();
  };

  heads.forEach((head, column) => {
    const button = make('button', { type: 'button' }, head.textContent);
    head.replaceChildren(button);
    button.addEventListener('click', () => sort(column));
  });
  controls.hidden = rows.length < 2;
  controls.querySelector('[type=search]').addEventListener('input', show);
  controls.querySelector('[type=checkbox]').addEventListener('change', show);
  controls.querySelector('.csv').addEventListener('click', (event) => {
    const line = (cells) => Array.from(cells, (cell) => csvCell(cell.textContent.trim())).join(',');
    copy([line(heads), ...matching().map((i) => line(rows[i].cells))].join('\r\n') + '\r\n', event.currentTarget);
  });
  more.querySelector('button').addEventListener('click', () => { all = true; show(); });
  show();
}

function startTabs() {
  const tabs = Array.from(document.querySelectorAll('#tabs [role=tab]'));
  const select = (chosen) => {
    tabs.forEach((tab) => {
      const on = tab === chosen;
      tab.setAttribute('aria-selected', String(on));
      tab.tabIndex = on ? 0 : -1;
      byID(tab.getAttribute('aria-controls')).hidden = !on;
    });
  };
  for (const tab of tabs) {
    const panel = byID(tab.getAttribute('aria-controls'));
    panel.setAttribute('role', 'tabpanel');
    panel.setAttribute('aria-labelledby', tab.id);
    tab.addEventListener('click', () => select(tab));
    tab.addEventListener('keydown', (event) => {
      const to = { ArrowRight: tabs.indexOf(tab) + 1, ArrowLeft: tabs.indexOf(tab) - 1, Home: 0, End: tabs.length - 1 }[event.key];
      if (to === undefined) return;
      event.preventDefault();
      const next = tabs[(to + tabs.length) % tabs.length];
      select(next);
      next.focus();
    });
  }
  if (tabs.length) select(tabs[0]);
}
