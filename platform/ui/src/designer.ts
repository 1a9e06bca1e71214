// The form designer. Loaded on its own pages only.
import './designer/designer.scss';
import { DgFormDesigner } from './designer/element.ts';
import { DgFormula } from './designer/formula/element.ts';
import { DgConditions } from './designer/rules/element.ts';
import { DgPublish } from './designer/publish.ts';

customElements.define('dg-formula', DgFormula);
customElements.define('dg-conditions', DgConditions);
customElements.define('dg-publish', DgPublish);
customElements.define('dg-form-designer', DgFormDesigner);
