// Pickers of people whose range is another field of the same record or row: they ask with what that field holds now.

document.addEventListener('focusin', (event) => {
  const picker = (event.target as Element).closest<HTMLElement>('dg-picker[data-range]');
  if (!picker) return;
  picker.dataset.base ??= picker.dataset.form ?? '';
  const row = (picker.dataset.name ?? '').replace(/[^.]*$/, ''); // `lines[3].` in a row, nothing in the record itself
  const held = picker.closest('form')?.querySelectorAll<HTMLInputElement>(`[name="${CSS.escape(row + (picker.dataset.range ?? ''))}"]`);
  const ids = [...(held ?? [])].map((one) => one.value).filter((one) => /^\d+$/.test(one));
  picker.dataset.form = ids.length ? `${picker.dataset.base}/${ids.join(',')}` : picker.dataset.base;
}, true);
