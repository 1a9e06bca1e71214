// What a demanding eye finds wrong on a page: gives a list of sentences. `catalogue` maps English texts of ours to Chinese.
({ catalogue, plain, locale }) => {
  if (!getComputedStyle(document.body).getPropertyValue('--dg-ink')) return ['the style sheet is missing: was the front end built meanwhile?'];
  const found = new Set();
  const width = document.documentElement.clientWidth;
  const words = (element) => `<${element.tagName.toLowerCase()} ${element.className?.baseVal ?? element.className}> “${(element.textContent ?? '').trim().replace(/\s+/g, ' ').slice(0, 50)}”`;
  const shown = (element) => element.checkVisibility({ visibilityProperty: true, opacityProperty: true });
  const dialog = [...document.querySelectorAll('dialog[open]')].at(-1);

  const wide = document.documentElement.scrollWidth - width;
  if (wide > 0) found.add(`the page is wider than the window by ${wide}`);

  // Whether an ancestor scrolls or cuts this one on purpose.
  const held = (element) => {
    for (let up = element.parentElement; up && up !== document.body; up = up.parentElement) {
      const style = getComputedStyle(up);
      if (style.overflowX !== 'visible') return true;
      if (style.position === 'fixed') return false;
    }
    return false;
  };
  const aside = '.visually-hidden, .dg-skip, .dg-busy, svg *, option';
  for (const element of document.body.querySelectorAll('*')) {
    if (element.matches(aside) || element.closest('.visually-hidden') || !shown(element)) continue;
    const box = element.getBoundingClientRect();
    if (box.width < 2 || box.height < 2) continue;
    if ((box.right > width + 1 || box.left < -1) && !held(element)) found.add(`sticks out by ${Math.round(Math.max(box.right - width, -box.left))}: ${words(element)}`);
  }

  // Names of records may end in an ellipsis; words of the product may not.
  const fixed = '.btn, .dg-tag, .dg-pill, .dg-count, .dg-tabs > a, .dg-bottom-link, .dg-tool, .form-label, .card-title, .dg-tile-title, .dg-menu-item, th, h1, h2, h3, legend, .form-hint, .dg-fact-name, summary';
  for (const element of document.querySelectorAll(`:is(${fixed}), :is(.btn, .dg-tag, .dg-nav-more, .dg-pill, .dg-tabs) .text-truncate`)) {
    if (!shown(element) || element.closest('.visually-hidden') || getComputedStyle(element).display === 'inline') continue;
    const style = getComputedStyle(element);
    if (element.scrollWidth > element.clientWidth + 1 && element.clientWidth > 0) found.add(`is cut or runs over by ${element.scrollWidth - element.clientWidth}: ${words(element)}`);
    if (element.matches('.btn') && !element.querySelector('.visually-hidden') && element.scrollHeight > element.clientHeight + 1 && style.overflow !== 'visible') found.add(`is cut below: ${words(element)}`);
    // A button's words stand on one line.
    if (element.matches('.btn, .dg-tag, .dg-pill, .dg-tabs > a') && element.textContent.trim()) {
      const range = document.createRange();
      range.selectNodeContents(element);
      const boxes = [...range.getClientRects()].filter((box) => box.width > 2 && box.height > 8);
      if (Math.max(...boxes.map((box) => box.top)) >= Math.min(...boxes.map((box) => box.bottom))) found.add(`stands on two lines: ${words(element)}`);
    }
  }
  for (const text of document.querySelectorAll('dg-chart svg text')) if (/…|\.\.\.$/.test(text.textContent)) found.add(`a label of a chart is cut: “${text.textContent}”`);

  // Buttons of one row do not lie over each other.
  const knobs = [...document.querySelectorAll('.btn, .dg-pill, .dg-tool')].filter((one) => shown(one) && (!dialog || dialog.contains(one)));
  for (const [place, one] of knobs.entries())
    for (const other of knobs.slice(place + 1)) {
      if (one.parentElement !== other.parentElement) continue;
      const a = one.getBoundingClientRect();
      const b = other.getBoundingClientRect();
      if (a.left < b.right - 1 && b.left < a.right - 1 && a.top < b.bottom - 1 && b.top < a.bottom - 1) found.add(`${words(one)} lies over ${words(other)}`);
    }

  // Words: every text and every name for screen readers.
  const said = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const parent = walker.currentNode.parentElement;
    if (parent.closest('script, style, template, code, kbd, noscript, [lang], textarea') || !parent.checkVisibility()) continue;
    said.push(walker.currentNode.data);
  }
  for (const element of document.body.querySelectorAll('[aria-label], [title], [placeholder], [data-label], input[type=submit]')) {
    if (element.closest('[lang]') || element.closest('template')) continue;
    for (const name of ['aria-label', 'title', 'placeholder', 'data-label']) said.push(element.getAttribute(name) ?? '');
  }
  const allowed = new RegExp(plain);
  for (const each of said) {
    const text = each.trim().replace(/\s+/g, ' ');
    if (locale === 'zh-CN') {
      if (catalogue.includes(text) && !/[\u4e00-\u9fff]/.test(text)) found.add(`is not translated: “${text}”`);
      else if (/[a-z]{3,}/.test(text) && !/[\u4e00-\u9fff]/.test(text) && !allowed.test(text)) found.add(`is English: “${text.slice(0, 80)}”`);
    }
  }
  if (locale === 'en') {
    for (const element of document.body.querySelectorAll('.btn, label, legend, th, h2, h3, .dg-tabs > a, .dg-fact-name, .dg-lead, .form-hint, .dg-empty p, .dg-nav-more > summary')) {
      if (element.closest('[lang]') || element.closest('[data-of-people]') || !element.checkVisibility()) continue;
      const text = [...element.childNodes].filter((one) => one.nodeType === Node.TEXT_NODE).map((one) => one.data).join('').trim();
      if (/[\u4e00-\u9fff]/.test(text)) found.add(`is Chinese: “${text.slice(0, 60)}”`);
    }
  }
  for (const input of document.querySelectorAll('input[type=file]')) {
    if (shown(input) && input.getBoundingClientRect().width > 2 && getComputedStyle(input, '::file-selector-button').display !== 'none') found.add('a file input speaks the language of the browser');
  }
  return [...found];
}
