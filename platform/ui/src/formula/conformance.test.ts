// The conformance files of engines/formula, with the trees that the server's compiler makes of them.

import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { dependencies, evaluate, type Facts, type Result, type Row, type Tree } from './index.ts';

const FOLDER = new URL('../../../../engines/formula/conformance/', import.meta.url);

interface Case {
  expression: string;
  expected: Result;
  row?: Row;
  /** Only the server can compute it. */
  server?: boolean;
}
interface Compiled {
  tree: Tree;
  facts: number;
  references: string[][];
}

const read = (name: string): any => JSON.parse(readFileSync(new URL(name, FOLDER), 'utf-8'));

for (const name of readdirSync(FOLDER).filter((file) => file.endsWith('.json'))) {
  const document = read(name) as { title: string; row: Row; cases: Case[] };
  const compiled = read(`browser/${name}`) as { facts: Facts[]; cases: Compiled[] };

  describe(document.title, () => {
    document.cases.forEach((item, place) => {
      const { tree, facts, references } = compiled.cases[place]!;
      test(item.expression, () => {
        const value = evaluate(tree, item.row ?? document.row, compiled.facts[facts]!);
        if (!item.server) expect(value).toEqual(item.expected);
        expect(dependencies(tree).map(String).sort()).toEqual(references.map(String).sort());
      });
    });
  });
}
