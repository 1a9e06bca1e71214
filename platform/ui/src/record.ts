// What the page of a record adds to the shell: tabs, pictures at full size, buttons of the form.
import './form/fields/tabs.ts';
import './form/fields/viewer.ts';
import { installStages } from './record/stages.ts';
import { installWhy } from './record/why.ts';

installStages(document);
installWhy(document);
