import { fileURLToPath } from 'node:url';
import { PurgeCSS } from 'purgecss';
import type { Plugin } from 'vite';

// Where our pages and scripts name their classes. What other libraries put into the page at run time is kept by pattern.
const UI = fileURLToPath(new URL('..', import.meta.url));
const CONTENT = ['../dougong/web/jinja/**/*.html', '../dougong/web/**/*.py', 'src/**/*.ts'].map((path) => UI + path);
const KEPT = [/^dg-/, /^ts-/, /^cm-/, /^htmx-/, /^is-/, /^sortable-/];

/** Takes rules and custom properties that no page uses out of the styles: half of what the kit's library brings. */
export function purge(): Plugin {
  return {
    name: 'dougong-purge',
    apply: 'build',
    enforce: 'post',
    generateBundle: {
      order: 'post',
      async handler(_options, bundle) {
        for (const output of Object.values(bundle)) {
          if (output.type !== 'asset' || !output.fileName.endsWith('.css')) continue;
          const raw = typeof output.source === 'string' ? output.source : Buffer.from(output.source).toString();
          const [purged] = await new PurgeCSS().purge({
            content: CONTENT,
            css: [{ raw }],
            keyframes: true,
            variables: true,
            safelist: { standard: KEPT, variables: [/^--dg-/] },
            defaultExtractor: (text) => text.match(/[\w-]+/g) ?? [],
          });
          if (purged) output.source = purged.css;
        }
      },
    },
  };
}
