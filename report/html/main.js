startTabs();
document.querySelectorAll('table.data').forEach(startTable);
document.documentElement.classList.add('started');
if (data.heat.length && data.time) startHeat();
if (data.time) startCharts();

const findings = () => document.querySelectorAll('details.finding');
for (const [id, open] of [['open-all', true], ['close-all', false]]) {
  byID(id)?.addEventListener('click', () => findings().forEach((f) => { f.open = open; }));
}
for (const button of document.querySelectorAll('button.zoom')) {
  if (!data.time) button.hidden = true;
  button.addEventListener('click', () => {
    zoom(Number(button.dataset.from), Number(button.dataset.to));
    byID('time').scrollIntoView();
  });
}

// A link to a finding shows it.
function openLinked() {
  const finding = location.hash.startsWith('#finding-') && byID(location.hash.slice(1));
  if (finding) finding.open = true;
}
addEventListener('hashchange', openLinked);
openLinked();

// On paper everything is open.
let wereClosed = [];
addEventListener('beforeprint', () => {
  wereClosed = Array.from(document.querySelectorAll('details:not([open])'));
  wereClosed.forEach((d) => { d.open = true; });
});
addEventListener('afterprint', () => wereClosed.forEach((d) => { d.open = false; }));
