import { t } from '../shell/words.ts';
import type { Label } from './types.ts';

/** The words for a language: exact, else of the same language, else any. */
export function words(label: Label | undefined, locale: string): string {
  if (label === undefined || label === null) return '';
  if (typeof label === 'string') return label;
  const near = Object.keys(label).find((name) => name.split('-')[0] === locale.split('-')[0]);
  return label[locale] ?? (near && label[near]) ?? label['en'] ?? Object.values(label)[0] ?? '';
}

/** The label with the words of one language changed; a plain text stays one as long as it has one language. */
export function withWords(label: Label | undefined, locale: string, text: string, home: string): Label | undefined {
  const blank = text === '';
  if (label === undefined || typeof label === 'string') {
    const only = label ?? '';
    if (locale === home) return blank ? undefined : text;
    if (blank) return only || undefined;
    return only ? { [home]: only, [locale]: text } : { [locale]: text };
  }
  const next = { ...label };
  if (blank) delete next[locale];
  else next[locale] = text;
  const left = Object.entries(next);
  if (!left.length) return undefined;
  return left.length === 1 && left[0]![0] === home ? left[0]![1] : next;
}

export const LOCALES = ['zh-CN', 'en'];

export const problemCount = (count: number): string => (count === 1 ? t('1 problem') : t('{n} problems', { n: count }));
