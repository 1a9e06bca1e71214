import type { Palette } from './palette.ts';

export interface Format {
  label: string;
  percent: boolean;
  scale: number;
  decimals?: number;
  unit?: string;
}

interface Point {
  value: number | null;
  text: string;
  name?: string;
  cell: [number, number];
  color?: string;
  rate?: number;
}

interface Series {
  type: string;
  name: string;
  color?: string;
  data: (Point | null)[];
  /** What only holds a bar away from the axis. */
  pad?: boolean;
  [option: string]: unknown;
}

interface Axis {
  type: 'category' | 'value';
  show?: boolean;
  max?: number;
  data?: string[];
  inverse?: boolean;
}

export interface Drawing {
  visual: string;
  title: string;
  locale: string;
  formats: Format[];
  categories?: { label: string; color?: string }[];
  chart: { series: Series[]; xAxis?: Axis; yAxis?: Axis; legend?: { data: string[] } };
}

interface Hovered {
  data?: Point | null;
  name: string;
  seriesName?: string;
  marker?: unknown;
}

const NARROW = 480;
const LABELLED = 360;
const BESIDE = 64; // around the bars: the margins and the numbers of the axis

/** The server's plain option with the page's colours, fonts, axis formats and tooltips. Pure. */
export function dress(drawing: Drawing, colors: Palette, width: number): Record<string, unknown> {
  const { chart } = drawing;
  const many = chart.series.filter((series) => !series.pad).length > 1;
  const still = typeof matchMedia === 'function' && matchMedia('(prefers-reduced-motion: reduce)').matches;
  const option: Record<string, unknown> = {
    animation: !still,
    animationDuration: 300,
    color: colors.series,
    textStyle: { fontFamily: colors.font, color: colors.ink },
    tooltip: {
      renderMode: 'richText',
      confine: true,
      trigger: chart.xAxis && drawing.visual !== 'funnel' ? 'axis' : 'item',
      axisPointer: { type: drawing.visual === 'bar' ? 'shadow' : 'line' },
      backgroundColor: colors.surface,
      borderColor: colors.line,
      textStyle: { color: colors.ink, fontSize: 13 },
      formatter: (hovered: Hovered | Hovered[]) => told(hovered, many),
    },
    series: chart.series.map((series) => dressed(series, drawing, colors, width)),
  };
  if (chart.legend) {
    option['legend'] = {
      ...chart.legend,
      type: 'scroll',
      bottom: 0,
      itemWidth: 12,
      itemHeight: 12,
      icon: 'roundRect',
      textStyle: { color: colors.muted },
      pageIconColor: colors.muted,
      pageTextStyle: { color: colors.muted },
    };
  }
  if (chart.xAxis && chart.yAxis) {
    const written = chart.series.some((series) => series['label'] && !series['stack']);
    option['grid'] = { left: 8, right: lies(drawing) && written ? 84 : 20, top: 16, bottom: chart.legend ? 40 : 8, containLabel: true };
    option['xAxis'] = axis(chart.xAxis, drawing, colors, width);
    option['yAxis'] = axis(chart.yAxis, drawing, colors, width);
  }
  return option;
}

/** What the tooltip says: the group, then every number as the table writes it. */
export function told(hovered: Hovered | Hovered[], many: boolean): string {
  const all = (Array.isArray(hovered) ? hovered : [hovered]).filter((one) => one.data);
  const first = all[0];
  if (!first?.data) return '';
  if (all.length === 1 && !many) {
    const rate = first.data.rate === undefined ? '' : `\n→ ${percent(first.data.rate)}`;
    return `${first.name}\n${first.data.text}${rate}`;
  }
  return [first.name, ...all.map((one) => `${one.seriesName ?? ''}: ${one.data?.text ?? ''}`)].join('\n');
}

/** A number on an axis: short, with the sign of percent. */
export function short(value: number, format: Format | undefined, locale: string): string {
  const text = new Intl.NumberFormat(locale, { notation: 'compact', maximumFractionDigits: 1 }).format(value);
  return format?.percent ? `${text}%` : text;
}

function percent(share: number): string {
  return `${(share * 100).toFixed(1)}%`;
}

/** How wide small letters are; a Chinese one is as wide as two Latin ones. */
const wide = (name: string): number => [...name].reduce((sum, letter) => sum + (letter.charCodeAt(0) < 0x2e80 ? 6.4 : 12), 0);

/** Whether every name has room in two lines. */
export function fitsTwoLines(names: readonly string[], room: number): boolean {
  return names.every((name) => wide(name) < room * 1.8);
}

/** Whether a word need not be broken; long Chinese ones may be, between any two letters. */
function fitsWord(word: string, room: number): boolean {
  return wide(word) <= room || (/[\u2e80-\uffff]/.test(word) && room >= 60);
}

function axis(plain: Axis, drawing: Drawing, colors: Palette, width: number): Record<string, unknown> {
  const lying = plain.type === 'category' && plain.inverse === true;
  const label: Record<string, unknown> = { color: colors.muted, hideOverlap: true };
  if (plain.type === 'value') label['formatter'] = (value: number) => short(value, drawing.formats[0], drawing.locale);
  if (lying) {
    const room = Math.min(140, Math.round(width * 0.3));
    label['width'] = room;
    label['overflow'] = fitsTwoLines((plain.data ?? []).map(String), room) ? 'break' : 'truncate';
  }
  const names = plain.type === 'category' && !lying ? (plain.data ?? []).map(String) : [];
  const share = (width - BESIDE) / Math.max(names.length, 1) - 4;
  if (names.length && names.every((name) => name.split(' ').every((word) => fitsWord(word, share))) && fitsTwoLines(names, share)) {
    Object.assign(label, { interval: 0, width: share, overflow: 'break' }); // else every second name is left out
  }
  return {
    ...plain,
    axisLabel: label,
    axisLine: { show: plain.type === 'category' && drawing.visual !== 'funnel', lineStyle: { color: colors.line } },
    axisTick: { show: false },
    splitLine: { show: plain.type === 'value', lineStyle: { color: colors.line } },
    splitNumber: width < NARROW ? 3 : 5,
  };
}

function dressed(series: Series, drawing: Drawing, colors: Palette, width: number): Record<string, unknown> {
  const { color, label, pad, ...rest } = series;
  if (pad) return { ...rest, barMaxWidth: 44, barCategoryGap: '12%', itemStyle: { color: 'transparent' }, emphasis: { disabled: true }, tooltip: { show: false } };
  const points = series.data.map((point) => (point?.color ? { ...point, itemStyle: { color: colors.named[point.color] } } : point));
  const found: Record<string, unknown> = { ...rest, data: points, cursor: 'pointer' };
  if (color) found['itemStyle'] = { color: colors.named[color] };
  const text = (event: Hovered): string => event.data?.text ?? '';
  if (series.type === 'bar') {
    found['barMaxWidth'] = 36;
    const around = drawing.visual === 'funnel';
    if (around) Object.assign(found, { barMaxWidth: 44, barCategoryGap: '12%' });
    const place = around ? 'inside' : lies(drawing) ? 'right' : 'top';
    if (label) found['label'] = { show: true, position: place, color: around ? '#fff' : colors.ink, textBorderColor: around ? 'rgb(0 0 0 / 45%)' : 'transparent', textBorderWidth: around ? 2 : 0, formatter: text };
    if (!found['stack']) found['itemStyle'] = { ...(found['itemStyle'] as object | undefined), borderRadius: lies(drawing) ? [0, 3, 3, 0] : [3, 3, 0, 0] };
  }
  if (series.type === 'line') {
    found['symbolSize'] = 8;
    found['connectNulls'] = false;
    if (label) found['label'] = { show: true, color: colors.ink, formatter: text };
  }
  if (series.type === 'pie') {
    found['center'] = ['50%', '46%'];
    if (width >= LABELLED && typeof series['radius'] === 'string') found['radius'] = '58%';
    found['itemStyle'] = { borderColor: colors.surface, borderWidth: 2 };
    found['label'] = { show: width >= LABELLED, color: colors.ink, formatter: '{b}\n{d}%' };
    found['labelLine'] = { lineStyle: { color: colors.line } };
  }
  if (series.type === 'funnel') {
    Object.assign(found, { left: '4%', right: width < NARROW ? '38%' : '30%', top: 12, bottom: 12, minSize: '12%' });
    found['label'] = {
      position: 'right',
      color: colors.ink,
      formatter: (event: Hovered) => `${event.name}  ${text(event)}${event.data?.rate === undefined ? '' : `  ${percent(event.data.rate)}`}`,
    };
    found['labelLine'] = { length: 12, lineStyle: { color: colors.line } };
    found['itemStyle'] = { borderColor: colors.surface, borderWidth: 1 };
  }
  return found;
}

function lies(drawing: Drawing): boolean {
  return drawing.chart.xAxis?.type === 'value';
}
