/** Colours of the page for charts. ECharts does not follow CSS, so tokens are resolved here, again for every theme. */
export interface Palette {
  series: string[];
  named: Record<string, string>;
  ink: string;
  muted: string;
  line: string;
  surface: string;
  font: string;
}

const NAMES = ['gray', 'red', 'orange', 'yellow', 'green', 'teal', 'blue', 'indigo', 'purple', 'pink'];

export function palette(host: HTMLElement): Palette {
  const probe = document.createElement('span');
  probe.hidden = true;
  host.append(probe);
  const resolve = (token: string): string => {
    probe.style.color = `var(${token})`;
    return getComputedStyle(probe).color;
  };
  const found: Palette = {
    series: [1, 2, 3, 4, 5, 6, 7, 8].map((number) => resolve(`--dg-chart-${number}`)),
    named: Object.fromEntries(NAMES.map((name) => [name, resolve(`--dg-chart-${name}`)])),
    ink: resolve('--dg-ink'),
    muted: resolve('--dg-muted'),
    line: resolve('--dg-line'),
    surface: resolve('--dg-surface'),
    font: getComputedStyle(host).fontFamily,
  };
  probe.remove();
  return found;
}
