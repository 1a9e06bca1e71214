// What a form page adds to the shell: pickers, rows of sub-forms, files, formulas while one types, and a guard against
// losing what was typed.
import './form/trial.ts';
import './form/fields/index.ts';
import { installCalls } from './form/call.ts';
import { installChoosing } from './form/choose.ts';
import { installFiles } from './form/files.ts';
import { installGuard } from './form/guard.ts';
import { installLive } from './form/live.ts';
import { installNested } from './form/nested.ts';
import './form/picker.ts';
import './form/query.ts';
import { installRows } from './form/rows.ts';
import { installCodes } from './form/scanning.ts';

const form = document.querySelector<HTMLFormElement>('#dg-form');
if (form) {
  installFiles(form);
  installRows(form);
  installChoosing(form);
  installNested(form);
  installLive(form);
  installCalls(form);
  installGuard(form);
  installCodes(document);
}
