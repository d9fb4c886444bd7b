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

function setTheme(theme) {
  if (theme === 'system') document.documentElement.removeAttribute('data-theme');
  else document.documentElement.setAttribute('data-theme', theme);
  byID('theme').querySelector('.now').textContent = theme;
  try {
    localStorage.setItem('alblens-theme', theme);
  } catch {
    // a browser that keeps nothing of files
  }
  for (const call of themeChanged) call();
}

byID('theme').addEventListener('click', () => {
  const now = document.documentElement.getAttribute('data-theme') || 'system';
  setTheme(themes[(themes.indexOf(now) + 1) % themes.length]);
});
if (themes.includes(kept())) setTheme(kept());
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => themeChanged.forEach((call) => call()));

// color resolves a custom property to what a canvas takes: rgb(…).
const probe = make('span', { hidden: '' });
document.body.append(probe);
function color(name) {
  probe.style.color = `var(--${name})`;
  return getComputedStyle(probe).color;
}
