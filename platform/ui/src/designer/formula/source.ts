// What an input for expressions is told by its host, and what it asks of it.
import { t } from '../../shell/words.ts';
import type { Problem } from '../types.ts';

/** A name that may stand in an expression. */
export interface Name {
  /** What is written into the expression. */
  name: string;
  label: string;
  /** Under which heading it is offered. */
  group: string;
  type?: string;
}

/** A function with its help, as the server's catalogue tells it. */
export interface Fn {
  key: string;
  aliases: string[];
  family_label: string;
  usage: string;
  doc: string;
  examples: { text: string; shows: string }[];
}

export interface Sample {
  id: number;
  title: string;
  subtitle: string;
}

export type Check = (text: string, expects: string, place: string, scope: string) => Promise<{ problems: Problem[]; type: string }>;

/** What a host offers besides `names` and `check`. All of it is asked only when somebody writes. */
export interface Source {
  /** Every name that may stand here, through relations and rows. */
  names(scope: string): Promise<Name[]>;
  functions(): Promise<Fn[]>;
  samples(query: string): Promise<Sample[]>;
  result(text: string, record: number, scope: string): Promise<{ shown: string; type: string }>;
}

/** What a kind of value is called. */
export function typeWord(type: string): string {
  const word: Record<string, string> = {
    text: t('Text'), number: t('Number'), boolean: t('Condition'), date: t('Date'), datetime: t('Date and time'), record: t('Record'), records: t('Rows'), list: t('List'),
  };
  return word[type] ?? '';
}
