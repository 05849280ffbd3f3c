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
    ['nothing', '<b>$</b><span>80</span><i>.00</i>', '$80.00', 1],
    ['no piece of its own: a word in bold', 'Paid <b>in</b> full', 'Paid in full', 1],
    ['no piece of its own: letters of one word', '<b>P</b>aid', 'Paid', 1],
  ])('%s', async (_what, html, text, pieces) => {
    expect(await seenIn(html)).toEqual({ text, pieces });
  });
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
