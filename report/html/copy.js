// say tells what was done to those who do not see it.
function say(text) {
  byID('said').textContent = text;
}

async function copy(text, button) {
  let done = true;
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    const area = make('textarea', { readonly: '' }); // a browser that has no clipboard for files
    area.value = text;
    button.after(area);
    area.select();
    done = document.execCommand('copy');
    area.remove();
    button.focus();
  }
  const label = button.dataset.label || button.textContent;
  button.dataset.label = label;
  button.textContent = done ? 'Copied' : 'Not copied';
  say(button.textContent);
  setTimeout(() => { button.textContent = label; }, 1500);
}

document.addEventListener('click', (event) => {
  const button = event.target.closest('button');
  if (!button) return;
  if (button.classList.contains('copy')) copy(button.parentElement.querySelector('pre').textContent, button);
  if (button.dataset.copy) copy(byID(button.dataset.copy).textContent, button);
});
