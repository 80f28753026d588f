// The page's elements. Text becomes text nodes and nothing else, so that no value can bring markup along.

/** The element with this id. */
export const byId = (id) => document.getElementById(id);

/** A new element with a class, and texts or other elements in it. */
export function make(tag, className, ...children) {
  const element = document.createElement(tag);
  if (className) element.className = className;
  element.append(...children);
  return element;
}

/** 1.2 kB and the like. */
export function size(bytes) {
  if (bytes < 1000) return `${bytes} B`;
  return bytes < 1e6 ? `${(bytes / 1e3).toFixed(1)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
}

/** Keeps a scrolled element at its end while `change` adds to it, unless somebody has scrolled up. */
export function stayAtEnd(element, change) {
  const atEnd = element.scrollHeight - element.scrollTop - element.clientHeight < 40;
  change();
  if (atEnd) element.scrollTop = element.scrollHeight;
}
