// The theme is the system's until the reader says otherwise; the browser keeps that where it lets a file keep anything.
const themes = ['system', 'light', 'dark'];
const themeChanged = []; // functions to call

function kept() {
  try {
    return localStorage.getItem('alblens-theme');
  } catch {
    return null;
  }
}

const theTheme = () => document.documentElement.getAttribute('data-theme') || 'system';

// show paints all in a theme.
function show(theme) {
  if (theme === 'system') document.documentElement.removeAttribute('data-theme');
  else document.documentElement.setAttribute('data-theme', theme);
  for (const call of themeChanged) call();
}

function setTheme(theme) {
  byID('theme').querySelector('.now').textContent = theme;
  try {
    localStorage.setItem('alblens-theme', theme);
  } catch {
    // a browser that keeps nothing of files
  }
  show(theme);
}

byID('theme').addEventListener('click', () => setTheme(themes[(themes.indexOf(theTheme()) + 1) % themes.length]));
if (themes.includes(kept())) setTheme(kept());
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => themeChanged.forEach((call) => call()));

// Paper is light.
let before = 'system';
addEventListener('beforeprint', () => { before = theTheme(); show('light'); });
addEventListener('afterprint', () => show(before));

// color resolves a custom property to what a canvas takes: rgb(…).
const probe = make('span', { hidden: '' });
document.body.append(probe);
function color(name) {
  probe.style.color = `var(--${name})`;
  return getComputedStyle(probe).color;
}
