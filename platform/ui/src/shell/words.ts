/** Words of scripts: English in the code; Chinese from the page (`translations/zh_CN/LC_MESSAGES/scripts.po`). */
let words: Record<string, string> | undefined;

export function t(text: string, values: Record<string, string | number> = {}): string {
  words ??= JSON.parse(document.getElementById('dg-words')?.textContent || '{}') as Record<string, string>;
  return fill(words[text] || text, values);
}

/** Puts values into `{name}` places. */
export function fill(text: string, values: Record<string, string | number>): string {
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => (name in values ? String(values[name]) : whole));
}

/** The language of the page: `zh-CN` or `en`. */
export function locale(): string {
  return document.documentElement.lang || 'zh-CN';
}
