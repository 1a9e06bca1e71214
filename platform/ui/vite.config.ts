import { defineConfig } from 'vitest/config';
import { compress } from './build/compress.ts';
import { icons } from './build/icons.ts';
import { purge } from './build/purge.ts';

// Stylesheets are inputs of their own: a sheet imported by several scripts would be loaded before the kit.
export default defineConfig({
  base: '/static/dist/',
  publicDir: false,
  plugins: [icons('icons.txt'), purge(), compress()],
  build: {
    outDir: '../dougong/web/static/dist',
    emptyOutDir: true,
    manifest: 'manifest.json',
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    target: 'es2022',
    reportCompressedSize: false,
    rolldownOptions: {
      input: {
        kit: 'styles/kit.scss',
        app: 'src/app.ts',
        form: 'src/form.ts',
        list: 'src/list.ts',
        record: 'src/record.ts',
        dashboard: 'src/dashboard.ts',
        designer: 'src/designer.ts',
        public: 'src/public.ts',
        publicStyle: 'styles/public.scss',
      },
    },
  },
  test: {
    include: ['src/**/*.test.ts', 'build/**/*.test.ts'],
  },
});
