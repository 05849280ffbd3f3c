import { readFileSync } from 'node:fs';
import { createLogger } from '@rcm/telemetry';
import { isLongForm } from '@rcm/test-services';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type App, type AppServer, serveApp } from '../corpus/apps/app-server.fixture.ts';
import { selfDeclaringApp } from '../corpus/apps/self-declaring.fixture.ts';
import { signsOutApp } from '../corpus/apps/signs-out.fixture.ts';
import { singlePageApp } from '../corpus/apps/single-page.fixture.ts';
import { throttlingApp } from '../corpus/apps/throttling.fixture.ts';
import { readPng } from '../evidence/png.fixture.ts';
import { type BrowserPool, createBrowserPool, inspectPortal, type PagePicture, parseRecipe, recipeHosts } from '../index.ts';

let pool: BrowserPool;
beforeAll(() => {
  pool = createBrowserPool({ maxContexts: 2, logger: createLogger({ name: 'test', level: 'silent' }), executablePath: process.env.RCM_CHROMIUM_PATH });
});
afterAll(() => pool.close());

async function look(name: string, app: App, change: (text: string) => string = (text) => text) {
  const requests: string[] = [];
  const server: AppServer = await serveApp({ accounts: app.accounts, answer: (visit) => (requests.push(`${visit.method} ${visit.path}`), app.answer(visit)) });
  const recipe = parseRecipe(change(readFileSync(new URL(`../corpus/recipes/${name}.yaml`, import.meta.url), 'utf8')));
  const findings = await inspectPortal(
    { recipe, hosts: recipeHosts(recipe, server.origin, 'loopback'), browser: pool },
    { baseUrl: server.origin, deadlineMs: 30_000, signal: new AbortController().signal },
  );
  await server.close();
  return { findings, requests, wrong: findings.filter(({ state }) => state === 'missing' || state === 'unexpected') };
}

describe('inspectPortal', () => {
  const apps = [
    ['self-declaring', selfDeclaringApp],
    ['throttling', throttlingApp],
    ['single-page', singlePageApp],
    ['signs-out', signsOutApp],
  ] as const;

  it.each(apps.slice(0, isLongForm() ? 4 : 2))('finds everything of %s where it is, and sends nothing', async (name, app) => {
    const { findings, requests, wrong } = await look(name, app());
    expect(wrong).toEqual([]);
    expect(findings.filter(({ state }) => state === 'there').length).toBeGreaterThanOrEqual(3);
    expect(requests.filter((request) => request.startsWith('POST'))).toEqual([]);
  });

  it('finds that a field has another name now, and which', async () => {
    const { wrong } = await look('signs-out', signsOutApp(), (text) => text.replaceAll('Password:', 'Secret:'));
    expect(wrong).toEqual([{ part: 'login', what: 'fill "Secret:"', state: 'missing', detail: expect.stringContaining('did not show') }]);
  });

  it('finds words that stand on the page before anything was sent, and a mark that does not show', async () => {
    const { wrong } = await look('signs-out', signsOutApp(), (text) =>
      text
        .replace('text: Login or password incorrect', 'text: Log in')
        .replace("logged_out: { visible: { label: 'Login:' } }", 'logged_out: { text: Good bye }'),
    );
    expect(wrong.map(({ what, state }) => [what, state])).toEqual([
      ['outcome rejected', 'unexpected'],
      ['logged_out', 'missing'],
    ]);
  });

  describe('of a login that begins elsewhere', () => {
    const late = 2_000;
    const pages: Readonly<Record<string, string>> = {
      '/': `<button onclick="location = '/enter'">Provider sign in</button>
        <div onmouseover="menu.hidden = false">Sign in as</div><a id="menu" href="/enter" hidden>Provider</a>
        <label><input type="checkbox" onchange="go.hidden = false">I agree</label><button id="go" hidden onclick="location = '/enter'">Go on</button>
        <label>Member <input></label>
        <script>if (location.hash === '#/enter') document.body.innerHTML = '<label>User <input></label><label>Key <input></label><button>Sign in</button>'</script>`,
      // Drawn late, by a script, as applications are that ask for their settings first.
      '/enter': `<div id="app"></div><script>setTimeout(() => { app.innerHTML = '<form method="post" oninput="fetch(\\'/typed\\')">' +
        '<label>User <input name="u"></label><label>Key <input name="k" type="password"></label><button>Sign in</button></form>' }, ${late})</script>`,
    };
    const app = (): App => ({ accounts: new Map(), answer: ({ path }) => ({ type: 'text/html', body: pages[path] ?? 'nothing' }) });
    const form = `
    - fill: { into: { label: User }, with: { credential: username } }
    - fill: { into: { label: Key }, with: { credential: password } }
    - press: { role: button, name: Sign in }
      submit: true`;
    const beginning = (steps: string) => () => `version: 1
name: elsewhere
session: { open: /enter, logged_out: { visible: { label: Key } } }
login:
  steps:
    - open: /
${steps}${form}
    - wait: { text: Welcome }
  outcomes: [{ when: { text: Welcome }, is: accepted }, { when: { text: Wrong }, is: rejected }]
`;
    const states = (findings: readonly { part: string; state: string }[]) => findings.filter(({ part }) => part === 'login').map(({ state }) => state);
    const [there, unseen] = ['there', 'unseen'];

    const begun = [
      ['a press', '    - press: { role: button, name: Provider sign in }', 1],
      ['a menu', '    - hover: { text: Sign in as }\n    - press: { role: link, name: Provider }', 2],
      ['a box to tick', '    - check: { label: I agree }\n    - press: { role: button, name: Go on }', 2],
      ['a page of its own, drawn late', '    - open: /enter', 1],
      ['a page behind a #', "    - open: /#/enter\n    - wait: { all: [{ url: '/#/enter' }, { url: '/#/*' }, { url: '*#/enter' }, { url: / }] }", 2],
    ] as const;

    // On a change one of a press and one of a page that is opened.
    it.each(begun.filter((_, place) => isLongForm() || place === 2 || place === 4))(
      'goes through %s to the fields, and types nothing',
      async (_what, steps, count) => {
        const { findings, requests, wrong } = await look('signs-out', app(), beginning(steps));
        expect(wrong).toEqual([]);
        expect(states(findings)).toEqual([there, ...Array(count).fill(there), there, there, there, unseen]);
        expect(requests.filter((request) => request !== 'GET /' && request !== 'GET /enter')).toEqual([]);
      },
    );

    it.each([
      [
        'a press after a field',
        '    - fill: { into: { label: Member }, with: { credential: custom.member } }\n    - press: { role: button, name: Provider sign in }',
        [there, unseen],
      ],
      ['a key', '    - key: { on: { label: Member }, press: Enter }', [there]],
      [
        'something optional that asks for a value',
        `    - optional:
        when: { visible: { label: Member } }
        steps:
          - fill: { into: { label: Member }, with: { credential: custom.member } }
          - press: { role: button, name: Provider sign in }`,
        [there],
      ],
    ])('does not look behind %s, which only a login does, and says so', async (_what, steps, first) => {
      const { findings, requests, wrong } = await look('signs-out', app(), beginning(steps));
      expect(wrong).toEqual([]);
      expect(states(findings)).toEqual([there, ...first, unseen, unseen, unseen, unseen]);
      expect(findings.find(({ what }) => what === 'fill "User"')?.detail).toMatch(/^comes after .*, which was not done$/);
      expect(requests.slice(0, -1).filter((request) => request !== 'GET /')).toEqual([]);
    });

    it('tells of a press that is not there once, not of everything behind it', async () => {
      const { wrong } = await look('signs-out', app(), beginning('    - press: { role: button, name: Members }\n      deadline_ms: 500'));
      expect(wrong.map(({ what }) => what)).toEqual(['press "Members"']);
    });

    it('does not call a mark of being logged out missing for want of an answer that only a session’s remains ask for', async () => {
      const marked = (status: number) => () =>
        beginning('    - open: /enter')()
          .replace('name: elsewhere', 'name: elsewhere\nstep_deadline_ms: 8000')
          .replace('{ visible: { label: Key } }', `{ all: [{ response: { url: /enter, status: ${status} } }, { visible: { label: Key } }] }`);
      const session = async (status: number) => (await look('signs-out', app(), marked(status))).findings.find(({ part }) => part === 'session');
      expect(await session(401)).toMatchObject({ what: 'logged_out', state: 'unseen' });
      expect(await session(200)).toMatchObject({ what: 'logged_out', state: 'there' });
    });
  });

  it('gives a picture of each part with every field covered, and none unless it is asked for', async () => {
    const page = (fields: string): App => ({
      accounts: new Map(),
      answer: () => ({
        type: 'text/html',
        body: `<body style="margin:0;background:#fff"><h1>Log in</h1>${fields}<label>Login: <input style="display:block;width:300px;height:60px;border:0;background:#0f0" value="remembered"></label><label>Key <input type="password"></label></body>`,
      }),
    });
    const looked = async (fields: string) => {
      const pictures: PagePicture[] = [];
      const server = await serveApp(page(fields));
      const recipe = parseRecipe(`version: 1
name: covered
session: { open: /, logged_out: { visible: { label: 'Login:' } } }
login:
  steps:
    - open: /
    - fill: { into: { label: 'Login:' }, with: { credential: username } }
    - fill: { into: { label: 'Key' }, with: { credential: password } }
    - press: { text: Log in }
      submit: true
    - wait: { text: Welcome }
  outcomes: [{ when: { text: Welcome }, is: accepted }, { when: { text: Wrong }, is: rejected }]
`);
      await inspectPortal(
        { recipe, hosts: recipeHosts(recipe, server.origin, 'loopback'), browser: pool },
        { baseUrl: server.origin, deadlineMs: 30_000, signal: new AbortController().signal, onPicture: (picture) => void pictures.push(picture) },
      );
      await server.close();
      return pictures;
    };
    const pictures = await looked('');
    expect(pictures.map(({ part }) => part)).toEqual(['login', 'session']);
    for (const { png } of pictures) {
      const { width, height, colorAt } = readPng(png);
      const seen = new Set<string>();
      for (let y = 0; y < height; y += 4) for (let x = 0; x < width; x += 4) seen.add(colorAt(x, y));
      // The field was green, and is a black box now.
      expect([seen.has('ffffff'), seen.has('000000'), seen.has('00ff00')]).toEqual([true, true, false]);
    }
    // What no box can be put on is no picture.
    expect(await looked('<p><template shadowrootmode="closed">drawn</template></p>')).toEqual([]);
  });

  it('calls a portal that does not answer missing, without failing', async () => {
    const recipe = parseRecipe(readFileSync(new URL('../corpus/recipes/signs-out.yaml', import.meta.url), 'utf8'));
    const findings = await inspectPortal(
      { recipe, hosts: [{ host: '127.0.0.1:9', address: 'loopback' }], browser: pool },
      { baseUrl: 'http://127.0.0.1:9', deadlineMs: 30_000, signal: new AbortController().signal },
    );
    expect(findings[0]).toMatchObject({ what: 'open /login', state: 'missing' });
  });
});
