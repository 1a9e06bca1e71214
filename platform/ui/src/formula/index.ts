// The expression language in the browser: the third back end of engines/formula.

export { dependencies, evaluate } from './evaluate.ts';
export { rowIn } from './types.ts';
export type { Facts, Result, Row, Tree, TypeName } from './types.ts';
