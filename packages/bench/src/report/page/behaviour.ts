/**
 * The interactive behaviour of a page: sortable and filterable tables, tooltips, and a theme switch. Its source text runs in the
 * reader's browser, so it must not use anything outside its body.
 *
 * @param part a new part of a page that already runs this: only its tables are set up. Default: the whole page
 */
export function behaviour(part?: ParentNode): void {
  const element = <Name extends keyof HTMLElementTagNameMap>(
    name: Name,
    more: Partial<HTMLElementTagNameMap[Name]> = {},
  ): HTMLElementTagNameMap[Name] => Object.assign(document.createElement(name), more);

  const within = part ?? document;
  within.querySelectorAll<HTMLTableElement>('table[data-sortable]').forEach(sortColumns);
  within.querySelectorAll<HTMLTableElement>('table[data-filtered]').forEach(filterRows);
  if (part === undefined) {
    switchTheme();
    showTips();
  }

  function switchTheme(): void {
    const root = document.documentElement;
    const dark = window.matchMedia('(prefers-color-scheme: dark)').matches;
    const button = element('button', { className: 'theme', type: 'button' });
    const set = (theme: string): void => {
      root.dataset['theme'] = theme;
      button.textContent = theme === 'dark' ? 'Light' : 'Dark';
      button.setAttribute('aria-label', `Switch to ${theme === 'dark' ? 'light' : 'dark'} colours`);
    };
    set(dark ? 'dark' : 'light');
    button.addEventListener('click', () => {
      set(root.dataset['theme'] === 'dark' ? 'light' : 'dark');
    });
    document.querySelector('main')?.prepend(button);
  }

  function sortColumns(table: HTMLTableElement): void {
    const heads = [...(table.tHead?.rows[0]?.cells ?? [])];
    heads.forEach((head, column) => {
      const button = element('button', { type: 'button', title: head.title });
      button.append(...head.childNodes);
      head.append(button);
      button.addEventListener('click', () => {
        const before = head.getAttribute('aria-sort');
        // Names sort from A to Z first, numbers from the largest.
        const first = column === 0 ? 'ascending' : 'descending';
        const order = before === null ? first : before === 'ascending' ? 'descending' : 'ascending';
        heads.forEach((other) => {
          other.removeAttribute('aria-sort');
        });
        head.setAttribute('aria-sort', order);
        sortBy(table, column, order === 'ascending' ? 1 : -1);
      });
    });
  }

  function sortBy(table: HTMLTableElement, column: number, sign: number): void {
    const body = table.tBodies[0];
    if (body === undefined) return;
    const keyed = [...body.rows].map((row) => {
      const text = row.cells[column]?.textContent.trim() ?? '';
      const plain = text.replaceAll(',', '').replace('−', '-').replace(/^[<+]/, '');
      const [, unit = ''] = /^[\d.]+ ([kMG])B?$/.exec(plain) ?? [];
      const number = Number.parseFloat(plain) * 10 ** (3 * ' kMG'.indexOf(unit || ' '));
      return { row, text, number, fixed: row.classList.contains('teacher') };
    });
    const isText = column === 0 || keyed.every(({ number }) => Number.isNaN(number));
    keyed.sort((a, b) => {
      if (a.fixed !== b.fixed) return a.fixed ? 1 : -1;
      if (isText) return sign * a.text.localeCompare(b.text, 'en', { numeric: true });
      // Rows without a number stay last in either order.
      if (Number.isNaN(a.number) || Number.isNaN(b.number))
        return Number(Number.isNaN(a.number)) - Number(Number.isNaN(b.number));
      return sign * (a.number - b.number);
    });
    body.append(...keyed.map(({ row }) => row));
  }

  function filterRows(table: HTMLTableElement): void {
    const rows = [...(table.tBodies[0]?.rows ?? [])].filter((row) => !row.classList.contains('teacher'));
    const input = element('input', { type: 'search', placeholder: 'Filter by name' });
    input.setAttribute('aria-label', 'Filter the rows by name');
    const said = element('span');
    said.setAttribute('role', 'status');
    const box = element('div', { className: 'filter' });
    box.append(input, said);
    input.addEventListener('input', () => {
      const wanted = input.value.trim().toLowerCase();
      rows.forEach((row) => {
        row.hidden = !(row.cells[0]?.textContent.toLowerCase().includes(wanted) ?? false);
      });
      const shown = rows.filter((row) => !row.hidden).length;
      said.textContent = wanted === '' ? '' : `${shown} of ${rows.length} shown`;
    });
    (table.closest('.scroll') ?? table).before(box);
  }

  function showTips(): void {
    const tip = element('div', { className: 'tip', hidden: true });
    document.body.append(tip);
    const words = (target: EventTarget | null): string | undefined => {
      if (!(target instanceof Element)) return undefined;
      const marked = target.closest('[data-tip], svg [aria-label]');
      return marked?.getAttribute('data-tip') ?? marked?.getAttribute('aria-label') ?? undefined;
    };
    document.addEventListener('pointerover', ({ target }) => {
      const text = words(target);
      tip.hidden = text === undefined;
      tip.textContent = text ?? '';
    });
    document.addEventListener('pointermove', ({ clientX, clientY }) => {
      if (tip.hidden) return;
      const left = Math.min(clientX + 12, document.documentElement.clientWidth - tip.offsetWidth - 8);
      tip.style.left = `${Math.max(8, left)}px`;
      const below = clientY + 16;
      const isOut = below + tip.offsetHeight > window.innerHeight;
      tip.style.top = `${isOut ? clientY - tip.offsetHeight - 8 : below}px`;
    });
  }
}

/** The script of every page, as source text. */
export const BEHAVIOUR = `(${behaviour.toString()})();`;
