// What a list page adds to the shell: the filter builder, ticking rows, opening a row by a click, ordering columns.
import { installScanning } from './form/camera/button.ts';
import { installColumns } from './list/columns.ts';
import { installRows } from './list/rows.ts';
import './list/filter.ts';
import './list/kanban.ts';

installRows(document);
installColumns(document);
installScanning(document);
