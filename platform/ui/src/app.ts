// The shell of every page: htmx, menus, dialogs, toasts, the palette. Small, because every page loads it.
import './shell/htmx.ts';
import { installDialogs } from './shell/dialogs.ts';
import { installErrors } from './shell/errors.ts';
import { installForms } from './shell/forms.ts';
import { installMenus } from './shell/menus.ts';
import { installPalette } from './shell/palette.ts';
import { installTabs } from './shell/tabs.ts';
import { installTheme } from './shell/theme.ts';
import { installTimes } from './shell/times.ts';
import { installToasts } from './shell/toasts.ts';

for (const install of [installToasts, installMenus, installDialogs, installPalette, installTabs, installTheme, installTimes, installForms, installErrors]) {
  install(document);
}
