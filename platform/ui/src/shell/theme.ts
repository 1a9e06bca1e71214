// Light or dark, remembered in a cookie so that the server draws the page right from the start.
export function installTheme(root: Document): void {
  root.addEventListener('click', (event) => {
    if (!(event.target as Element).closest('[data-theme-toggle]')) return;
    const next = document.documentElement.dataset['bsTheme'] === 'dark' ? 'light' : 'dark';
    document.documentElement.dataset['bsTheme'] = next;
    document.cookie = `dg_theme=${next}; path=/; max-age=31536000; samesite=lax`;
    document.dispatchEvent(new CustomEvent('dg:theme', { detail: { theme: next } }));
  });
}
