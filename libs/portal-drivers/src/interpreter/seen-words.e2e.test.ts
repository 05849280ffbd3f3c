import { createLogger } from '@rcm/telemetry';
import type { Page } from 'playwright';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type BrowserPool, createBrowserPool } from '../pool/browser-pool.ts';
import { readPage } from './page-rows.ts';
import { type SeenNode, type SeenWords, withSeenWords } from './seen-words.ts';
import { isBroken, typedValue } from './typed-value.ts';

let pool: BrowserPool;
let page: Page;
beforeAll(async () => {
  pool = createBrowserPool({ maxContexts: 1, logger: createLogger({ name: 'test', level: 'silent' }), executablePath: process.env['RCM_CHROMIUM_PATH'] });
  page = await (await pool.openContext({ context: {}, signal: new AbortController().signal })).context.newPage();
});
afterAll(() => pool.close());

const SEEN_ONLY_BY_READERS = 'position:absolute;width:1px;height:1px;overflow:hidden;clip:rect(0,0,0,0)';

async function seenIn(html: string): Promise<SeenWords> {
  await page.setContent(`<table><tr><td id=cell>${html}</td></tr></table>`);
  return page.locator('#cell').evaluate(
    withSeenWords((node: SeenNode, _none: undefined, seen) => seen(node)),
    undefined,
  );
}

describe('what a person does not see is no word of a cell', () => {
  it.each([
    ['not drawn', '<span style="display:none">X</span>'],
    ['hidden', '<span hidden>X</span>'],
    ['invisible', '<span style="visibility:hidden">X</span>'],
    ['transparent', '<span style="opacity:0">X</span>'],
    ['of no colour', '<span style="color:transparent">X</span>'],
    ['of no height', '<span style="font-size:0">X</span>'],
    ['cut to nothing', `<span style="${SEEN_ONLY_BY_READERS}">X</span>`],
    ['cut to nothing by a path', '<span style="position:absolute;clip-path:inset(50%)">X</span>'],
    ['cut to nothing from one side', '<span style="position:absolute;clip-path:inset(0 100% 0 0)">X</span>'],
    ['cut to a path without an inside', '<span style="position:absolute;clip-path:polygon(0 0,0 0,0 0)">X</span>'],
    ['shrunk to nothing', '<span style="position:absolute;transform:scale(0)">X</span>'],
    ['made transparent by a filter', '<span style="filter:opacity(0)">X</span>'],
    ['too faint to see', '<span style="opacity:0.01">X</span>'],
    ['of the colour of the page', '<span style="color:#fff">X</span>'],
    ['of the colour of what is behind it', '<span style="background:#036;color:#036">X</span>'],
    ['moved out of its box', '<span style="display:inline-block;width:16px;overflow:hidden;white-space:nowrap;text-indent:-999px">X</span>'],
    ['there for browsers that draw no bar', '<progress style="width:1px">X</progress>'],
    ['a mark for where a word may be broken', '&#8203;&shy;'],
    ['beside the page', '<span style="position:absolute;left:-9999px">X</span>'],
    ['in a box without height', '<div style="height:0;overflow:hidden">X</div>'],
    ['kept from being drawn', '<div style="content-visibility:hidden">X</div>'],
    ['folded away', '<details><summary></summary>X</details>'],
    ['a script', '<script type="text/x">X</script>'],
    ['a template', '<template>X</template>'],
    ['a key for sorting', '<span class="sort-key" style="display:none">20260103</span>'],
  ])('where it is %s', async (_how, html) => {
    expect((await seenIn(`Paid${html}`)).text).toBe('Paid');
    expect((await seenIn(`${html}Paid`)).text).toBe('Paid');
    expect(await seenIn(html)).toEqual({ text: '', pieces: 0 });
  });

  it('and what is visible again inside of it is one', async () => {
    expect((await seenIn('<span style="visibility:hidden">X<b style="visibility:visible">Paid</b></span>')).text).toBe('Paid');
    expect((await seenIn('<span style="display:contents">Paid</span>')).text).toBe('Paid');
    expect((await seenIn('<details open><summary>More</summary>Paid</details>')).text).toBe('More Paid');
  });
});

describe('what stands apart does not run together', () => {
  it.each([
    ['a line break', '120<br>50', '120 50', 2],
    ['blocks', '<div>120</div><div>50</div>', '120 50', 2],
    ['a block after words', '120<p>50</p>', '120 50', 2],
    ['cells of a table inside', '<table><tr><td>120</td><td>50</td></tr></table>', '120 50', 2],
    ['items of a list', '<ul><li>120</li><li>50</li></ul>', '120 50', 2],
    ['boxes with a gap', '<span style="margin-right:30px">120</span><span>50</span>', '120 50', 2],
    ['boxes in a row', '<div style="display:flex;gap:9px"><span>120</span><span>50</span></div>', '120 50', 2],
    ['a raised number', '80<sup>00</sup>', '8000', 2],
    ['a lower number', '80<sub>00</sub>', '8000', 2],
    ['a box elsewhere', '<div style="position:relative">120<span style="position:absolute;left:300px">50</span></div>', '120 50', 2],
    ['lines that are kept', '<pre>120\n50</pre>', '120 50', 2],
    ['a field', '120<input value="50">', '120 50', 2],
    ['a blank', '<b>120</b> 50', '120 50', 1],
    ['a stroke through it', '<s>120</s>80', '120 80', 2],
    ['letters drawn from right to left', '<bdo dir=rtl>80.50</bdo>', '80.50', 2],
    ['nothing', '<b>$</b><span>80</span><i>.00</i>', '$80.00', 1],
    ['no piece of its own: a word in bold', 'Paid <b>in</b> full', 'Paid in full', 1],
    ['no piece of its own: letters of one word', '<b>P</b>aid', 'Paid', 1],
  ])('%s', async (_what, html, text, pieces) => {
    expect(await seenIn(html)).toEqual({ text, pieces });
  });
});

describe('what a style sheet writes', () => {
  const styled = async (style: string, html = '<span data-sign="-">80</span>') => seenIn(`<style>${style}</style>${html}`);

  it.each([
    ['a sign before it', 'span::before { content: "-" }', '-80', 1],
    ['a part of a number after it', 'span::after { content: ".50" }', '80.50', 1],
    ['what an attribute says', 'span::before { content: attr(data-sign) }', '-80', 1],
    ['in a block', 'span::after { content: "50"; display: block }', '80 50', 2],
    ['a number that it counts, which nobody here knows', 'span::after { content: counter(row) }', '80#', 1],
  ])('counts: %s', async (_what, style, text, pieces) => {
    expect(await styled(style)).toEqual({ text, pieces });
  });

  it.each([
    ['nothing', 'span::before { content: "" }'],
    ['an arrow', 'span::after { content: "▲" }'],
    ['a letter of an icon font', 'span::before { content: "\\e001" }'],
    ['what is said, and not shown', 'span::after { content: "▲" / "sorted 1 up" }'],
    ['hidden words', 'span::before { content: "9"; visibility: hidden }'],
    ['words that are not drawn', 'span::before { content: "9"; display: none }'],
  ])('is none: %s', async (_what, style) => {
    expect(await styled(style)).toEqual({ text: '80', pieces: 1 });
  });
});

it('of an element that draws its own inside, what it draws is read', async () => {
  const inside = (html: string) => `<x-y><template shadowrootmode="open">${html}</template>120</x-y>`;
  await page.setContent('<p id=cell></p>');
  const read = (html: string) =>
    page.locator('#cell').evaluate((cell, text) => (cell as unknown as { setHTMLUnsafe(html: string): void }).setHTMLUnsafe(text), html);
  const words = () =>
    page.locator('#cell').evaluate(
      withSeenWords((node: SeenNode, _none: undefined, seen) => seen(node)),
      undefined,
    );
  await read(inside('<b>$80</b>'));
  expect((await words()).text).toBe('$80');
  await read(inside('$<slot></slot>'));
  expect((await words()).text).toBe('$120');
});

describe('a field in a cell counts by what is in it', () => {
  it.each([
    ['<input value="typed">', 'typed'],
    ['<input type="hidden" value="X">', ''],
    ['<input type="password" value="X">', ''],
    ['<input type="checkbox" value="X" checked>', ''],
    ['<textarea>typed</textarea>', 'typed'],
    ['<select><option>one</option><option selected>two</option></select>', 'two'],
    ['<button>Pay</button>', 'Pay'],
  ])('%s', async (html, text) => {
    expect((await seenIn(html)).text).toBe(text);
  });
});

describe('rows', () => {
  const read = async (html: string, columns: Parameters<typeof readPage>[1]) => {
    await page.setContent(html);
    return readPage(page.locator('tbody tr'), columns);
  };
  const table = (head: string, body: string) => `<table><thead><tr>${head}</tr></thead><tbody>${body}</tbody></table>`;

  it('that nobody sees are none', async () => {
    const body = '<tr><td>1</td></tr><tr style="display:none"><td>2</td></tr><tr hidden><td>3</td></tr><tr><td>4</td></tr>';
    const { raw } = await read(table('<th>No</th>', body), { no: { header: 'No' } });
    expect(raw.map(({ no }) => no?.text)).toEqual(['1', '4']);
  });

  it.each(['Amount', 'Amount in dollars', 'Amount sort ascending'])(
    'are found under a heading by what is seen, its name, or all that is written: %s',
    async (header) => {
      const head = `<th>No</th><th aria-label="Amount in dollars">Amount<span style="${SEEN_ONLY_BY_READERS}"> sort ascending</span></th>`;
      const { raw, repeatedHeadings } = await read(table(head, '<tr><td>1</td><td>$5</td></tr>'), { amount: { header } });
      expect(raw[0]?.['amount']?.text).toBe('$5');
      expect(repeatedHeadings).toEqual([]);
    },
  );

  it.each([
    ['there are fewer', '<th>No</th><th>Paid</th><th>State</th>', '<tr><td>1</td><td>Open</td></tr>'],
    ['there are more', '<th>No</th><th>Paid</th>', '<tr><td>1</td><td>2</td><td>3</td></tr>'],
    ['a heading alone is hidden', '<th>No</th><th hidden>Paid</th>', '<tr><td>1</td><td>2</td></tr>'],
    ['a cell alone is hidden', '<th>No</th><th>Paid</th>', '<tr><td>1</td><td hidden>2</td></tr>'],
  ])('whose cells are not those of the headings are told: %s', async (_how, head, body) => {
    expect((await read(table(head, body), { paid: { header: 'Paid' } })).uneven).toEqual([true]);
    expect((await read(table(head, body), { paid: { cell: 2 } })).uneven).toEqual([false]);
  });

  it('whose columns are hidden whole, and those under headings that nobody sees, are not', async () => {
    expect(
      (await read(table('<th>No</th><th hidden>Key</th><th>Paid</th>', '<tr><td>1</td><td hidden>7</td><td>2</td></tr>'), { paid: { header: 'Paid' } })).uneven,
    ).toEqual([false]);
    expect((await read(table('<th hidden>No</th><th hidden>Paid</th>', '<tr><td>1</td><td>2</td></tr>'), { paid: { header: 'Paid' } })).uneven).toEqual([
      false,
    ]);
  });

  it('of headings, and rows inside of rows, are told', async () => {
    const inner = '<tr><td>1</td><td><table><tbody><tr><td>2</td></tr></tbody></table></td></tr><tr><th>No</th><th>Paid</th></tr>';
    const { isInside, isHeading } = await read(table('<th>No</th><th>Paid</th>', inner), { paid: { header: 'Paid' } });
    expect(isInside).toEqual([false, true, false]);
    expect(isHeading).toEqual([false, true, true]);
  });

  it('are not found under the headings of a table in a cell', async () => {
    const inner = '<table><thead><tr><th>Paid</th><th>No</th></tr></thead></table>';
    await page.setContent(`<table><tr><td>No</td><td>Paid</td><td>More</td></tr><tr class=row><td>1</td><td>2</td><td>${inner}</td></tr></table>`);
    const { raw } = await readPage(page.locator('.row'), { paid: { header: 'Paid' } });
    expect(raw.map(({ paid }) => paid?.text)).toEqual(['2']);
  });

  it('under a heading that is there twice are told', async () => {
    const { repeatedHeadings } = await read(table('<th>Date</th><th>Date</th>', '<tr><td>1</td><td>2</td></tr>'), { date: { header: 'Date' } });
    expect(repeatedHeadings).toEqual(['date']);
  });
});

/** The same each time it runs. */
function generator(seed: number): (most: number) => number {
  let state = Math.imul(seed, 2_654_435_761) >>> 0;
  return (most) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * most);
  };
}

/** A cell as some portal would write the amount, and whether a person could read it as that amount alone. */
function cellFor(amount: string, pick: (most: number) => number): { readonly html: string; readonly readable: boolean } {
  const [whole = '', cents = ''] = amount.split('.');
  const other = String(1 + pick(900));
  const unseen = [
    `<span style="display:none">${other}</span>`,
    `<i style="${SEEN_ONLY_BY_READERS}">${other}</i>`,
    `<b hidden>${other}</b>`,
    `<span style="opacity:0">${other}</span>`,
  ];
  const clear = [
    `$${amount}`,
    `<b>$</b>${amount}`,
    `<span>$${whole}</span><span>.${cents}</span>`,
    `<div>$${amount}</div>`,
    `<input value="${amount}">`,
    `<a href="#x">$${amount}</a><!-- ${other} -->`,
  ];
  const broken = [
    `$${amount}<br>${other}`,
    `<div>$${amount}</div><div>${other}</div>`,
    `$${whole}<sup>${cents}</sup>`,
    `<span style="margin-right:40px">$${amount}</span><span>${other}</span>`,
  ];
  const readable = pick(4) > 0;
  const [forms, hidden] = [readable ? clear : broken, unseen[pick(unseen.length)] ?? ''];
  const shown = forms[pick(forms.length)] ?? '';
  return { html: [shown, `${hidden}${shown}`, `${shown}${hidden}`][pick(3)] ?? shown, readable };
}

it('of 300 pages of amounts, written in whatever way, each is read right or not at all', async () => {
  let [right, refused] = [0, 0];
  for (let seed = 0; seed < 300; seed += 1) {
    const pick = generator(seed + 1);
    const rows = Array.from({ length: 1 + pick(6) }, () => {
      const amount = `${pick(5_000)}.${String(pick(100)).padStart(2, '0')}`;
      return { amount, isHidden: pick(6) === 0, ...cellFor(amount, pick) };
    });
    const seen = rows.filter(({ isHidden }) => !isHidden);
    await page.setContent(
      `<table><thead><tr><th>No</th><th>Paid</th></tr></thead><tbody>${rows.map(({ html, isHidden }, i) => `<tr${isHidden ? ' style="display:none"' : ''}><td>${i}</td><td>${html}</td></tr>`).join('')}</tbody></table>`,
    );
    const { raw } = await readPage(page.locator('tbody tr'), { paid: { header: 'Paid' } });
    expect(raw, `page ${seed}`).toHaveLength(seen.length);
    for (const [index, { paid }] of raw.entries()) {
      const { amount = '', html = '', readable } = seen[index] ?? {};
      const value = paid && !isBroken(paid, { type: 'money' }) ? typedValue(paid.text, { type: 'money' }) : undefined;
      if (value === undefined) refused += 1;
      else right += 1;
      // A reading that is not right must be none; and what a person can read is read.
      expect(value === undefined || value === amount, `page ${seed}: ${html} as ${String(value)}`).toBe(true);
      if (readable) expect(value, `page ${seed}: ${html}`).toBe(amount);
    }
  }
  expect(right).toBeGreaterThan(500);
  expect(refused).toBeGreaterThan(100);
}, 600_000);
