import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Plugin } from 'vite';

const require = createRequire(import.meta.url);
const file = (name: string): string => require.resolve(`@tabler/icons/outline/${name}.svg`);

/** The icon names of a list: one a line, `#` begins a comment. */
export function names(text: string): string[] {
  const lines = text.split('\n').map((line) => line.replace(/#.*/, '').trim());
  return [...new Set(lines.filter(Boolean))].sort();
}

/** One `<symbol>` for a file of @tabler/icons; the attributes of the `<svg>` come from the style sheet. */
export function symbol(name: string, svg: string): string {
  const inner = svg
    .replace(/<!--[\s\S]*?-->/g, '')
    .replace(/^[\s\S]*?<svg[\s\S]*?>/, '')
    .replace(/<\/svg>[\s\S]*$/, '')
    .replace(/<path stroke="none" d="M0 0h24v24H0z" fill="none"\s*\/>/, '')
    .replace(/\s*\n\s*/g, '');
  return `<symbol id="${name}" viewBox="0 0 24 24">${inner}</symbol>`;
}

/** Writes one sprite with the listed icons (`icons.svg` in the manifest), and their names for the server. */
export function icons(list: string): Plugin {
  return {
    name: 'dougong-icons',
    apply: 'build',
    buildStart() {
      this.addWatchFile(list);
    },
    generateBundle() {
      const known = names(readFileSync(list, 'utf8'));
      const symbols = known.map((name) => symbol(name, readFileSync(file(name), 'utf8')));
      const sprite = `<svg xmlns="http://www.w3.org/2000/svg">${symbols.join('')}</svg>\n`;
      this.emitFile({ type: 'asset', name: 'icons.svg', originalFileName: 'icons.svg', source: sprite });
      this.emitFile({ type: 'asset', fileName: 'icons.json', source: JSON.stringify(known) });
    },
  };
}
