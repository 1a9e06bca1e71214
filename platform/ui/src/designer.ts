// The form designer. Loaded on its own pages only.
import './designer/designer.scss';
import { DgFormDesigner } from './designer/element.ts';
import { DgFormula } from './designer/formula/element.ts';
import { DgConditions } from './designer/rules/element.ts';
import { DgPublish } from './designer/publish.ts';
import { DgTour } from './designer/tour.ts';

customElements.define('dg-formula', DgFormula);
customElements.define('dg-conditions', DgConditions);
customElements.define('dg-tour', DgTour);
customElements.define('dg-publish', DgPublish);
customElements.define('dg-form-designer', DgFormDesigner);
