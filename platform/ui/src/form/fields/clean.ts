// HTML from elsewhere (pasted, or typed into the form before) down to the elements that the editor knows. The server
// cleans again and has the last word; this keeps what is shown before it is sent from being more than what is stored.

const KEPT = new Set(['P', 'BR', 'STRONG', 'B', 'EM', 'I', 'U', 'S', 'H2', 'H3', 'H4', 'UL', 'OL', 'LI', 'A', 'BLOCKQUOTE', 'PRE', 'CODE', 'HR', 'TABLE', 'THEAD', 'TBODY', 'TR', 'TH', 'TD', 'SUB', 'SUP']);
const DROPPED = new Set(['SCRIPT', 'STYLE', 'TEMPLATE', 'IFRAME', 'OBJECT', 'EMBED', 'NOSCRIPT', 'TITLE', 'HEAD', 'SVG', 'MATH', 'FORM', 'INPUT', 'BUTTON', 'SELECT', 'TEXTAREA']);
const RENAMED: Record<string, string> = { DIV: 'P', SECTION: 'P', ARTICLE: 'P', H1: 'H2', H5: 'H4', H6: 'H4' };
const LINK = /^(https?:|mailto:|tel:|\/(?!\/)|#)/i;

/** A fragment of known elements without attributes, links apart. */
export function cleaned(html: string): DocumentFragment {
  const from = new DOMParser().parseFromString(html, 'text/html').body;
  const into = document.createDocumentFragment();
  copy(from, into);
  return into;
}

function copy(from: Node, into: Node): void {
  for (const node of from.childNodes) {
    if (node.nodeType === Node.TEXT_NODE) into.appendChild(document.createTextNode(node.textContent ?? ''));
    if (!(node instanceof Element) || DROPPED.has(node.tagName.toUpperCase())) continue;
    const name = RENAMED[node.tagName] ?? node.tagName;
    if (!KEPT.has(name)) {
      copy(node, into);
      continue;
    }
    const element = document.createElement(name);
    const href = node.getAttribute('href') ?? '';
    if (name === 'A' && LINK.test(href)) element.setAttribute('href', href);
    for (const span of ['colspan', 'rowspan']) {
      const count = node.getAttribute(span);
      if ((name === 'TD' || name === 'TH') && count && /^\d{1,2}$/.test(count)) element.setAttribute(span, count);
    }
    copy(node, element);
    into.appendChild(element);
  }
}

/** The address for what people type into the link question; empty for what must not be linked. */
export function address(text: string): string {
  const typed = text.trim();
  if (!typed) return '';
  if (LINK.test(typed)) return typed;
  if (/^[a-z][a-z0-9+.-]*:(?!\d)/i.test(typed)) return '';
  return /^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(typed) ? `mailto:${typed}` : `https://${typed}`;
}
