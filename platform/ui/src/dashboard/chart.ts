import { dress, type Drawing } from './dress.ts';
import { palette } from './palette.ts';

interface Chart {
  setOption(option: object, how?: object): void;
  resize(): void;
  dispose(): void;
  on(name: string, handler: (event: { data?: unknown }) => void): void;
}

/** Draws `drawing` (JSON) with ECharts in the colours of the page; a click on a number raises `dg:cell`. */
export class DgChart extends HTMLElement {
  private chart: Chart | undefined;
  private sizes: ResizeObserver | undefined;
  private dressed = 0;
  private readonly redraw = (): void => this.draw();

  connectedCallback(): void {
    document.addEventListener('dg:theme', this.redraw);
    void this.start();
  }

  disconnectedCallback(): void {
    document.removeEventListener('dg:theme', this.redraw);
    this.sizes?.disconnect();
    this.chart?.dispose();
    this.chart = undefined;
  }

  private async start(): Promise<void> {
    const { init } = await import('./echarts.ts');
    if (!this.isConnected || this.chart) return;
    this.chart = init(this, undefined, { renderer: 'svg' }) as unknown as Chart;
    this.chart.on('click', (event) => {
      const cell = (event.data as { cell?: [number, number] } | undefined)?.cell;
      if (cell) this.dispatchEvent(new CustomEvent('dg:cell', { detail: cell, bubbles: true }));
    });
    this.draw();
    this.sizes = new ResizeObserver(() => {
      if (this.offsetWidth === 0) return;
      this.chart?.resize();
      if (this.clientWidth !== this.dressed) this.draw(); // labels that fit a desk may not fit a phone held upright
    });
    this.sizes.observe(this);
  }

  private draw(): void {
    const drawing = JSON.parse(this.getAttribute('drawing') ?? '{}') as Drawing;
    this.dressed = this.clientWidth;
    this.chart?.setOption(dress(drawing, palette(this), this.dressed), { notMerge: true });
    this.dataset['drawn'] = '';
  }
}
