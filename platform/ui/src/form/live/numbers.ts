// Numbers between inputs and expressions.
import Big from 'big.js';
import type { Result } from '../../formula/index.ts';
import { t } from '../../shell/words.ts';

const SYMBOLS: Record<string, string> = { CNY: '¥', USD: '$', EUR: '€', GBP: '£', JPY: 'JP¥', HKD: 'HK$', TWD: 'NT$' };

/** A number as people type it; a percent field shows 15 for 0.15. */
export function readNumber(text: string, percent: boolean): string | null {
  const plain = text.normalize('NFKC').replace(/[,\s¥$€£]/g, '');
  if (!/^[+-]?(\d+\.?\d*|\.\d+)%?$/.test(plain)) return null;
  const value = new Big(plain.replace('%', ''));
  return (percent || plain.endsWith('%') ? value.div(100) : value).toFixed();
}

/** A number with no more decimals than a field keeps, half away from zero; other values stay as they are. */
export function fitNumber(value: Result, places: number | undefined): Result {
  if (places === undefined || typeof value !== 'string') return value;
  return new Big(value).round(places, 1).toFixed();
}

export interface Look { decimals?: number | null; percent?: boolean; symbol?: string; labels?: Record<string, string> }

/** A computed value as people read it. */
export function shown(about: Look, value: unknown): string {
  if (value === null || value === undefined) return '';
  if (typeof value === 'boolean') return value ? t('Yes') : t('No');
  if (Array.isArray(value)) return value.map((one) => shown(about, one)).filter(Boolean).join(', ');
  if (typeof value === 'object') return String((value as { title?: unknown }).title ?? '');
  if (about.labels) return about.labels[String(value)] ?? String(value);
  if (about.decimals === undefined) return String(value);
  const number = new Big(String(value)).times(about.percent ? 100 : 1);
  const text = about.decimals === null ? number.round(2, 1).toFixed() : number.toFixed(about.decimals, 1);
  const [whole, rest] = text.split('.');
  const grouped = whole!.replace(/\B(?=(\d{3})+$)/g, ',') + (rest ? `.${rest}` : '');
  const symbol = about.symbol ? (SYMBOLS[about.symbol] ?? `${about.symbol} `) : '';
  return about.percent ? `${grouped}%` : grouped.startsWith('-') ? `-${symbol}${grouped.slice(1)}` : symbol + grouped;
}
