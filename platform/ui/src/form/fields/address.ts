// <dg-address>: province, city and district one after the other, and the rest as text. A whole address pasted into the
// last input stays there: the server reads the region out of it.
type Cities = [code: string, name: string, districts: [code: string, name: string][]][];

const known = new Map<string, Promise<Cities>>();

function cities(code: string): Promise<Cities> {
  let asked = known.get(code);
  if (!asked) {
    asked = fetch(`/regions/${code}`).then((answer) => (answer.ok ? (answer.json() as Promise<Cities>) : []));
    asked.catch(() => known.delete(code));
    known.set(code, asked);
  }
  return asked;
}

export class AddressInput extends HTMLElement {
  connectedCallback(): void {
    this.addEventListener('change', (event) => void this.changed(event.target as HTMLElement));
    this.addEventListener('input', (event) => {
      if ((event.target as HTMLElement).dataset.level === 'detail') this.tell();
    });
    this.addEventListener('dg:set', (event) => void this.set((event as CustomEvent<{ value: unknown }>).detail.value));
  }

  /** Show an address that a rule or a formula gives: `province city district rest`, a municipality once. */
  private async set(value: unknown): Promise<void> {
    const text = typeof value === 'string' ? value : '';
    this.querySelector<HTMLInputElement>('input[type=hidden]')!.value = text;
    const rest = text.split(' ');
    const province = this.input('province')!;
    province.value = [...province.options].some((one) => one.value !== '' && one.value === rest[0]) ? rest.shift()! : '';
    const found = await this.cities();
    const city = found.length === 1 ? found[0] : found.find((one) => one[1] === rest[0]);
    if (city && city[1] === rest[0]) rest.shift();
    const district = city?.[2].some((one) => one[1] === rest[0]) ? rest.shift()! : '';
    const show = (level: string, names: string[], chosen: string): void => {
      const select = this.input(level);
      if (!select) return;
      fill(select, names);
      select.value = chosen;
    };
    show('city', found.map((one) => one[1]), city?.[1] ?? '');
    show('district', city ? city[2].map((one) => one[1]) : [], district);
    const detail = this.querySelector<HTMLInputElement>('[data-level=detail]');
    if (detail) detail.value = rest.join(' ');
  }

  private input(level: string): HTMLSelectElement | null {
    return this.querySelector<HTMLSelectElement>(`[data-level=${level}]`);
  }

  private text(level: string): string {
    return this.input(level)?.value.trim() ?? '';
  }

  private async changed(target: HTMLElement): Promise<void> {
    const province = this.input('province');
    const city = this.input('city');
    const district = this.input('district');
    if (target === province && city) {
      fill(city, []);
      if (district) fill(district, []);
      this.tell();
      const found = await this.cities();
      fill(city, found.map((one) => one[1]));
      if (found.length === 1) {
        city.value = found[0]![1];
        if (district) fill(district, found[0]![2].map((one) => one[1]));
      }
    } else if (target === city && district) {
      const found = (await this.cities()).find((one) => one[1] === city!.value);
      fill(district, found ? found[2].map((one) => one[1]) : []);
    }
    this.tell();
  }

  private async cities(): Promise<Cities> {
    const code = this.input('province')?.selectedOptions[0]?.dataset.code;
    return code ? cities(code) : [];
  }

  private tell(): void {
    const parts = Object.fromEntries(['province', 'city', 'district', 'detail'].map((level) => [level, this.text(level)]));
    const said = [parts.province, parts.city === parts.province ? '' : parts.city, parts.district, parts.detail].filter(Boolean);
    this.querySelector<HTMLInputElement>('input[type=hidden]')!.value = said.length ? JSON.stringify(parts) : '';
    this.dataset.value = JSON.stringify(said.length ? said.join(' ') : null);
    this.dispatchEvent(new CustomEvent('dg:changed', { bubbles: true }));
  }
}

function fill(select: HTMLSelectElement, names: string[]): void {
  const [first] = select.options;
  select.replaceChildren(...(first ? [first] : []), ...names.map((name) => new Option(name, name)));
  select.value = '';
  select.disabled = names.length === 0;
}

if (!customElements.get('dg-address')) customElements.define('dg-address', AddressInput);
