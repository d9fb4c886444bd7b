'use strict';
const data = JSON.parse(document.getElementById('data').textContent);
const byID = (id) => document.getElementById(id);

// make returns an element. Text only ever becomes a text node.
function make(tag, attributes = {}, text = '') {
  const svg = ['svg', 'path', 'rect', 'title', 'text', 'line'].includes(tag);
  const element = svg ? document.createElementNS('http://www.w3.org/2000/svg', tag) : document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  if (text) element.textContent = text;
  return element;
}
