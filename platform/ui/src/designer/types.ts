// What the designer works with: the document of a form as it is stored, and what the page tells about types and people.
export type Label = string | Record<string, string>;

export interface FieldSpec {
  key: string;
  type: string;
  label: Label;
  help?: Label;
  placeholder?: Label;
  required?: boolean;
  unique?: boolean;
  encrypted?: boolean;
  readonly?: boolean;
  hidden?: boolean;
  default?: string;
  width?: number;
  options?: Record<string, unknown>;
  fields?: FieldSpec[];
  [name: string]: unknown;
}

export interface Section {
  key: string;
  title?: Label;
  columns?: number;
  fields: string[];
  collapsed?: boolean;
  tab?: string;
  [name: string]: unknown;
}

export interface Tab {
  key: string;
  title: Label;
}

export interface Rule {
  key: string;
  [name: string]: unknown;
}

export interface FormDocument {
  kind: string;
  key: string;
  title: Label;
  icon?: string;
  fields: FieldSpec[];
  sections?: Section[];
  tabs?: Tab[];
  rules?: Rule[];
  [name: string]: unknown;
}

/** A JSON Schema in one language, with hints for the input (see `dougong.designer.panels`). */
export interface Schema {
  type?: string | string[];
  title?: string;
  description?: string;
  enum?: (string | number)[];
  default?: unknown;
  minimum?: number;
  maximum?: number;
  maxLength?: number;
  pattern?: string;
  properties?: Record<string, Schema>;
  required?: string[];
  items?: Schema;
  anyOf?: Schema[];
  uniqueItems?: boolean;
  'x-widget'?: string;
  'x-words'?: Record<string, string>;
  'x-when'?: Record<string, string[]>;
  'x-lines'?: number;
  'x-expects'?: string;
  'x-place'?: string;
}

export interface TypeInfo {
  key: string;
  title: string;
  titles: Record<string, string>;
  description: string;
  icon: string;
  group: string;
  options: Record<string, Schema>;
  required: string[];
  storage: string;
  value: string;
  in_subform: boolean;
  may_be_unique: boolean;
  may_be_encrypted: boolean;
  has_placeholder: boolean;
  may_be_masked: boolean;
  writable: boolean;
  choices: boolean;
  is_value: boolean;
  wide: boolean;
  /** The operators of its filter. */
  operators: string[];
}

export interface Panels {
  locale: string;
  groups: { key: string; title: string }[];
  types: TypeInfo[];
  field: Record<string, Schema>;
  form: Record<string, Schema>;
  section: Record<string, Schema>;
  tab: Record<string, Schema>;
  rule: Record<string, Schema>;
}

export interface Problem {
  code: string;
  path: string;
  message: string;
  params: Record<string, unknown>;
}

export interface Conflict {
  path: string[];
  reason: string;
  base?: unknown;
  theirs?: unknown;
  mine?: unknown;
}

/** A field of a form around this one: where it leads and what it offers (see `dougong.designer.around`). */
export interface OtherField {
  key: string;
  label: Label;
  type: string;
  form?: string;
  rows?: string;
  many?: boolean;
  reverse?: { key: string; title?: Label };
  of?: unknown;
  path?: string;
  result?: string;
  percent?: boolean;
  choices?: Offered[];
  fields?: OtherField[];
}

export interface OtherForm {
  key: string;
  title: Label;
  fields: OtherField[];
  /** Members and departments. */
  system?: boolean;
}

/** An option as conditions name it. */
export interface Offered {
  key: string;
  label: Label;
}

export interface Titled {
  key: string;
  title: Label;
}

export interface Person {
  id: number;
  name: string;
}

export interface Boot {
  app: string;
  form: string;
  me: number;
  workspace: string;
  panels: Panels;
  icons: string[];
  links: Record<string, string>;
  document: FormDocument;
  seen: string;
  published: FormDocument | null;
  conflicts: Conflict[];
  problems: Problem[];
  changed: number;
  forms: OtherForm[];
  /** The fields that every record has. */
  system: OtherField[];
  option_sets: (Titled & { choices: Offered[] })[];
  calendars: Titled[];
  connectors: (Titled & { calls: (Titled & { inputs: Titled[] })[] })[];
  departments: Titled[];
  roles: Titled[];
  members: Person[];
}

/** Where something is dropped: before the element with this index of a section or of a sub-form's row. */
export interface Target {
  section?: string;
  subform?: string;
  index: number;
}
