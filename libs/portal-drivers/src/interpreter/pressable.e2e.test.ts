import { createLogger } from '@rcm/telemetry';
import type { Page } from 'playwright';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type BrowserPool, createBrowserPool } from '../pool/browser-pool.ts';
import { untilPressable } from './pressable.ts';

let pool: BrowserPool;
let page: Page;
beforeAll(async () => {
  pool = createBrowserPool({ maxContexts: 1, logger: createLogger({ name: 'test', level: 'silent' }), executablePath: process.env.RCM_CHROMIUM_PATH });
  page = await (await pool.openContext({ context: {}, signal: new AbortController().signal })).context.newPage();
});
afterAll(() => pool.close());

const limits = { timeout: 1_000, signal: new AbortController().signal };
const button = () => page.getByRole('button', { name: 'Send' }).filter({ visible: true });
const takesPress = (): Promise<number> => button().locator('takes-press=now').count();
const OVERLAY = '<div id="over" style="position:fixed;inset:0;background:#eee">Wait</div>';

describe('a button that can be pressed', () => {
  it.each([
    ['as it is', '<button>Send</button>'],
    ['whose words are an element of their own', '<button><span><b>Send</b></span></button>'],
    ['below what is to be seen', '<div style="height:5000px"></div><button>Send</button>'],
    ['in an open shadow tree', '<div><template shadowrootmode="open"><button>Send</button></template></div>'],
    ['beside what lies over another part of the page', '<div style="position:fixed;bottom:0;height:40px;width:100%">Cookies</div><button>Send</button>'],
  ])('%s is seen to be so without a trial', async (_what, html) => {
    // Only a parser attaches a declared shadow tree.
    await page.goto(`data:text/html,${encodeURIComponent(html)}`);
    expect(await takesPress()).toBe(1);
    await untilPressable(button(), limits);
  });
});

describe('a button that cannot be pressed yet', () => {
  it.each([
    ['disabled', '<button disabled>Send</button>', "document.querySelector('button').disabled = false"],
    ['in a disabled part of a form', '<form><fieldset disabled><button>Send</button></fieldset></form>', "document.querySelector('fieldset').disabled = false"],
    ['said to be disabled', '<button aria-disabled="true">Send</button>', "document.querySelector('button').removeAttribute('aria-disabled')"],
    ['under something', `<button>Send</button>${OVERLAY}`, "document.querySelector('#over').remove()"],
  ])('because it is %s fails by its deadline, and is waited for', async (_what, html, mend) => {
    await page.setContent(html);
    expect(await takesPress()).toBe(0);
    await expect(untilPressable(button(), { ...limits, timeout: 300 })).rejects.toThrow(/Timeout/);
    await page.evaluate(`setTimeout(() => { ${mend} }, 200)`);
    await untilPressable(button(), { ...limits, timeout: 5_000 });
  });

  it('because there are two of it fails before anything is told to anybody', async () => {
    await page.setContent('<button>Send</button><button>Send</button>');
    await expect(untilPressable(button(), limits)).rejects.toThrow(/strict mode violation/);
  });
});
