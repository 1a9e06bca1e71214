// Elements without a framework.

export function made<K extends keyof HTMLElementTagNameMap>(tag: K, className = '', text = ''): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  if (className) element.className = className;
  if (text) element.textContent = text;
  return element;
}

export function button(text: string, className: string, press: () => void): HTMLButtonElement {
  const element = made('button', className, text);
  element.type = 'button';
  element.addEventListener('click', press);
  return element;
}
