// A dashboard page: tiles that load themselves, charts that draw when they are seen.
import './dashboard/dashboard.scss';
import { DgChart } from './dashboard/chart.ts';
import { DgTile, installBoard } from './dashboard/tile.ts';

customElements.define('dg-chart', DgChart);
customElements.define('dg-tile', DgTile);
installBoard(document);
