import { fileURLToPath } from 'node:url';
import { PurgeCSS } from 'purgecss';
import type { Plugin } from 'vite';

// Where our pages and scripts name their classes. What other libraries put into the page at run time is kept by pattern.
const UI = fileURLToPath(new URL('..', import.meta.url));
const CONTENT = ['../dougong/web/jinja/**/*.html', '../dougong/web/**/*.py', 'src/**/*.ts'].map((path) => UI + path);
const KEPT = [/^dg-/, /^ts-/, /^cm-/, /^htmx-/, /^is-/, /^sortable-/, /^dz-f-/]; // the last: kinds of words in formulas
// Attributes whose values come from metadata: no page names them.
const OF_METADATA = ['data-color', 'data-picture'];

/** The rules that pages use. */
export async function used(css: string): Promise<string> {
  const [purged] = await new PurgeCSS().purge({
    content: CONTENT,
    // PurgeCSS takes a selector that has nothing but pseudo-classes (`:is(a, button):focus`) for an unused one.
    css: [{ raw: css.replace(/(^|[{},;])(?=:(?:is|where)\()/g, '$1*') }],
    keyframes: true,
    variables: true,
    safelist: { standard: KEPT, variables: [/^--dg-/] },
    dynamicAttributes: OF_METADATA,
    defaultExtractor: (text) => text.match(/[\w-]+/g) ?? [],
  });
  return purged?.css ?? css;
}

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
          output.source = await used(raw);
        }
      },
    },
  };
}
