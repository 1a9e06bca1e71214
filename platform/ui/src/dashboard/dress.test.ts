import { describe, expect, it } from 'vitest';
import { dress, short, told, type Drawing } from './dress.ts';
import type { Palette } from './palette.ts';

const palette: Palette = {
  series: ['#111', '#222'],
  named: { green: '#0a0', red: '#a00' },
  ink: '#000',
  muted: '#666',
  line: '#ccc',
  surface: '#fff',
  font: 'sans-serif',
};

const point = (value: number, more: object = {}) => ({ value, text: `${value} 元`, cell: [0, 0] as [number, number], ...more });

function bars(more: Partial<Drawing> = {}): Drawing {
  return {
    visual: 'bar',
    title: 'Won',
    locale: 'zh-CN',
    formats: [{ label: 'Won', percent: false, scale: 1 }],
    chart: {
      xAxis: { type: 'category', data: ['a', 'b'] },
      yAxis: { type: 'value' },
      series: [{ type: 'bar', name: 'Won', data: [point(1), null] }],
    },
    ...more,
  };
}

describe('the option of a chart', () => {
  it('keeps the numbers and their places, and takes the colours of the page', () => {
    const option = dress(bars(), palette, 800);
    const [series] = option['series'] as { data: unknown[]; cursor: string }[];
    expect(series?.data).toEqual([point(1), null]);
    expect(option['color']).toBe(palette.series);
  });

  it('has tooltips that need no style of their own', () => {
    expect(dress(bars(), palette, 800)['tooltip']).toMatchObject({ renderMode: 'richText', trigger: 'axis' });
  });

  it('names colours of options by their token', () => {
    const drawing = bars();
    drawing.chart.series = [{ type: 'pie', name: 'x', data: [point(1, { name: 'a', color: 'green' })] }];
    const [series] = dress(drawing, palette, 800)['series'] as { data: { itemStyle: object }[] }[];
    expect(series?.data[0]?.itemStyle).toEqual({ color: '#0a0' });
  });

  it('draws nothing for what only holds a bar away from the axis', () => {
    const drawing = bars({ visual: 'funnel' });
    drawing.chart.series = [{ type: 'bar', name: '', pad: true, data: [] }, ...drawing.chart.series];
    const [pad] = dress(drawing, palette, 800)['series'] as { itemStyle: object }[];
    expect(pad?.itemStyle).toEqual({ color: 'transparent' });
  });
});

describe('tooltips', () => {
  it('say the group and the number as the table writes it', () => {
    expect(told({ name: '三月', data: point(5) }, false)).toBe('三月\n5 元');
  });

  it('name every series where there are several', () => {
    const both = [
      { name: '三月', seriesName: 'A', data: point(5) },
      { name: '三月', seriesName: 'B', data: null },
      { name: '三月', seriesName: 'C', data: point(7) },
    ];
    expect(told(both, true)).toBe('三月\nA: 5 元\nC: 7 元');
  });

  it('say how much passes a step of a funnel', () => {
    expect(told({ name: 'Won', data: point(5, { rate: 0.5 }) }, false)).toBe('Won\n5 元\n→ 50.0%');
  });

  it('are silent where there is no number', () => {
    expect(told([], false)).toBe('');
  });
});

describe('names below bars', () => {
  const label = (data: string[], width: number): Record<string, unknown> => {
    const drawing = bars({ chart: { xAxis: { type: 'category', data }, yAxis: { type: 'value' }, series: [{ type: 'bar', name: 'Won', data: data.map(() => point(1)) }] } });
    return (dress(drawing, palette, width) as { xAxis: { axisLabel: Record<string, unknown> } }).xAxis.axisLabel;
  };

  it('are all there where they have room, in two lines if need be', () => {
    expect(label(['1', '2', '3', '4', '5', '(blank)'], 380)['interval']).toBe(0);
    expect(label(['浙江省杭州市西湖区', '浙江省杭州市余杭区', '（空）'], 380)['interval']).toBe(0);
  });

  it('are left out rather than broken inside a word or a month', () => {
    expect(label(['2026年3月', '2026年4月', '2026年5月', '2026年6月', '2026年7月', '2026年8月', '2026年9月'], 380)['interval']).toBeUndefined();
    expect(label(Array.from({ length: 12 }, () => 'September 2026'), 380)['interval']).toBeUndefined();
  });
});

describe('numbers on axes', () => {
  it('are short in the words of the language', () => {
    const plain = { label: '', percent: false, scale: 1 };
    expect(short(120000, plain, 'zh-CN')).toBe('12万');
    expect(short(120000, plain, 'en')).toBe('120K');
    expect(short(25, { ...plain, percent: true }, 'en')).toBe('25%');
  });
});
