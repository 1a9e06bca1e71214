// What the rules of a form say about one record: the twin of engines/form/rules/evaluate.py, held to it by tests that
// send the same forms and records through both.
import { evaluate } from '../../formula/index.ts';
import { isQuestion, type Action, type Answers, type Expr, type Facts, type Message, type Row, type Rule, type State, type Values } from './types.ts';

export const noState = (): State => ({
  shown: {}, required: {}, readonly: {}, choices: {}, colors: {}, values: {}, blocks: [], warnings: [], locked: false,
});

/** What a rule found over the record or over one row; nothing where its condition does not hold. */
export interface Finding { broken: boolean; values: unknown[] }

const NOTHING: Answers = new Map();

export function ask(expr: Expr, row: Row, facts: Facts, answers: Answers, number: number | null): unknown {
  if (!isQuestion(expr)) return evaluate(expr, row, facts);
  const answer = answers.get(expr.ask);
  return number !== null && Array.isArray(answer) ? answer[number] : answer;
}

/** Ask one rule over a record, or over a row merged with its record. */
export function askRule(rule: Rule, row: Row, facts: Facts, answers: Answers = NOTHING, number: number | null = null): Finding | null {
  if (rule.when && ask(rule.when, row, facts, answers, number) !== true) return null;
  // what the server has not answered yet is no reason to complain
  const broken = rule.check !== undefined && ask(rule.check, row, facts, answers, number) === false;
  const values = rule.actions.map((action) => {
    if (action.do === 'set' && action.value) return plain(ask(action.value, row, facts, answers, number));
    if (action.do === 'choices') return keysOf(action, row, facts, answers, number);
    return null;
  });
  return { broken, values };
}

function plain(value: unknown): unknown {
  if (value === undefined || value === '') return null;
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? ((value as Values)['id'] ?? null) : value;
}

function keysOf(action: Action, row: Row, facts: Facts, answers: Answers, number: number | null): string[] {
  if (!action.choices) return [];
  if (Array.isArray(action.choices)) return action.choices;
  const value = ask(action.choices, row, facts, answers, number);
  if (typeof value === 'string') return value.split(',').map((one) => one.trim()).filter(Boolean);
  return Array.isArray(value) ? value.map(String) : [];
}

const rowsOf = (view: Row, key: string): Row[] => (Array.isArray(view[key]) ? (view[key] as Row[]) : []);

/** Where an action on a path counts: the row at hand, or the column and every row. */
function places(path: string, number: number | null, view: Row): string[] {
  const [head, rest] = split(path);
  if (!rest) return [path];
  if (number !== null) return [`${head}[${number}].${rest}`];
  return [path, ...rowsOf(view, head).map((_, index) => `${head}[${index}].${rest}`)];
}

function split(path: string): [string, string] {
  const point = path.indexOf('.');
  return point < 0 ? [path, ''] : [path.slice(0, point), path.slice(point + 1)];
}

function place(path: string | undefined, number: number | null): string {
  const [head, rest] = split(path ?? '');
  return rest && number !== null ? `${head}[${number}].${rest}` : (path ?? '');
}

/** Fields that some rule shows are hidden until one does. */
export function hideAtFirst(state: State, hidden: readonly string[], view: Row): void {
  for (const path of hidden) for (const one of places(path, null, view)) state.shown[one] = false;
}

/** Put what a rule found into the state; later rules win. */
export function act(state: State, rule: Rule, found: Finding, number: number | null, view: Row): void {
  if (found.broken) state.blocks.push({ rule: rule.key, action: null, path: place(rule.field, number) });
  rule.actions.forEach((action, index) => {
    if (action.do === 'block' || action.do === 'warn') {
      const message: Message = { rule: rule.key, action: action.key, path: place(action.field ?? action.fields[0], number) };
      (action.do === 'block' ? state.blocks : state.warnings).push(message);
      return;
    }
    if (action.do === 'lock') {
      state.locked = true;
      return;
    }
    for (const path of action.fields) {
      for (const one of places(path, number, view)) setAt(state, action, path, one, found.values[index]);
    }
  });
}

function setAt(state: State, action: Action, path: string, at: string, value: unknown): void {
  switch (action.do) {
    case 'show':
    case 'hide':
      state.shown[at] = action.do === 'show';
      break;
    case 'require':
    case 'optional':
      state.required[at] = action.do === 'require';
      break;
    case 'readonly':
    case 'editable':
      state.readonly[at] = action.do === 'readonly';
      break;
    case 'color':
      if (action.color) state.colors[at] = action.color;
      break;
    case 'choices':
      state.choices[at] = value as string[];
      break;
    case 'set':
      if (!path.includes('.') || at !== path) state.values[at] = value;
  }
}

/** The whole answer for a record: what tests compare with the server's. The page asks only what changed (model.ts). */
export function evaluateRules(
  rules: readonly Rule[], hidden: readonly string[], view: Row, facts: Facts, operation: string, answers: Answers = NOTHING,
): State {
  const state = noState();
  hideAtFirst(state, hidden, view);
  for (const rule of rules.filter((one) => one.on.includes(operation))) {
    if (!rule.subform) {
      const found = askRule(rule, view, facts, answers);
      if (found) act(state, rule, found, null, view);
      continue;
    }
    rowsOf(view, rule.subform).forEach((row, number) => {
      const found = askRule(rule, { ...view, ...row }, facts, answers, number);
      if (found) act(state, rule, found, number, view);
    });
  }
  return state;
}

/** Whether a field is shown: it itself, and in a row the sub-form around it. */
export const sees = (state: State, path: string): boolean =>
  (state.shown[path] ?? true) && (state.shown[path.split('[')[0]!] ?? true);
