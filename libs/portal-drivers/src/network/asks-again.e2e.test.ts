import { createServer as createPlainServer, type RequestListener, type ServerResponse } from 'node:http';
import { constants, createSecureServer, type ServerHttp2Session, type ServerHttp2Stream } from 'node:http2';
import { createServer } from 'node:https';
import type { AddressInfo, Server } from 'node:net';
import type { Readable } from 'node:stream';
import { createLogger } from '@rcm/telemetry';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { corpusRecipe } from '../corpus/corpus-recipe.fixture.ts';
import { credential } from '../corpus/corpus-run.fixture.ts';
import { type BrowserPool, createBrowserPool, createRecipeDriver } from '../index.ts';
import { certificate, trusting } from './certificate.fixture.ts';

/** A portal that is asked, what it got with each post, and how it ends. */
interface Portal {
  readonly server: Server;
  readonly posts: string[];
  closeAll(): void;
}

/** What the login page is like. */
interface Page {
  /** Whether something else is on its way by the same connection when the form is sent. */
  readonly beside?: boolean;
  /** Letters that the form holds besides. */
  readonly more?: number;
  /** Whether it gives up what it sent, a moment after that. */
  readonly stops?: boolean;
  /** Whether the form's address names a user and a password. */
  readonly names?: boolean;
}

const page = ({ beside = false, more = 0, stops = false, names = false }: Page): string => `<!doctype html><title>Sign in</title><link rel="icon" href="data:,">
<form method="post" action="/answer"><input type="hidden" name="state" value="${'x'.repeat(more)}">
<label>User name <input name="user"></label><input name="pass" type="password"><button>Sign in</button></form>
<script>
  const form = document.querySelector('form');
  if (${names}) form.action = location.protocol + '//somebody:secret@' + location.host + '/answer';
  form.addEventListener('submit', async (event) => {
    if (${stops}) setTimeout(() => stop(), ${STOP_MS});
    if (!${beside}) return;
    event.preventDefault();
    const { body } = await fetch('/endless');
    await body.getReader().read();
    form.submit();
  });
</script>`;
const HOME = '/pages/home/-';
const HOME_PAGE = '<!doctype html><title>Home</title><link rel="icon" href="data:,"><a href="#">Sign out</a>';
const PART_MS = 5;
/** The browser has sent a login once more by then where the machine is not busy, and it waits at the proxy. */
const STOP_MS = 2_000;
const signal = new AbortController().signal;
const identity = certificate();

let pool: BrowserPool;
beforeAll(() => {
  pool = createBrowserPool({ maxContexts: 6, logger: createLogger({ name: 'test', level: 'silent' }), executablePath: process.env.RCM_CHROMIUM_PATH });
});
afterAll(() => pool.close());

const hostOf = ({ server }: Portal): string => `127.0.0.1:${(server.address() as AddressInfo).port}`;

/** Signs in at a portal, and closes it: how that ended, and how often the portal got a password. */
async function signIn(scheme: string, portal: Portal, stepDeadlineMs = 30_000): Promise<readonly [kind: string, posts: number]> {
  const host = hostOf(portal);
  const driver = createRecipeDriver({ recipe: corpusRecipe({ stepDeadlineMs }), hosts: [{ host, address: 'loopback' }], browser: trusting(pool) });
  const session = await driver.openSession({ baseUrl: `${scheme}://${host}`, signal });
  const { outcome, submitted } = await session.login({ credential, totp: null, beforeSubmit: async () => undefined, deadlineMs: 120_000, signal });
  await session.close();
  expect(submitted).toBe(true);
  const closed = new Promise((resolve) => portal.server.close(resolve));
  portal.closeAll();
  await closed;
  return [outcome.kind, portal.posts.filter((body) => body.includes('pass=')).length];
}

const listening = async <P extends Portal>(portal: P): Promise<P> => {
  await new Promise<void>((resolve) => portal.server.listen(0, '127.0.0.1', resolve));
  return portal;
};

/** Answers to a post. */
type Answer2 = (stream: ServerHttp2Stream) => void;
type Answer1 = (response: ServerResponse) => void;

const noteBody = (posts: string[], post: Readable, answer: () => void): void => {
  const time = posts.push('');
  post.setEncoding('utf8').on('data', (part: string) => (posts[time - 1] = `${posts[time - 1]}${part}`));
  // Of one that is broken off Node says that it has ended, too.
  post.on('end', () => !post.destroyed && answer());
};

function listener(posts: string[], shown: string, answer: Answer1): RequestListener {
  return (request, response) => {
    if (request.method === 'POST') return void noteBody(posts, request, () => answer(response));
    response.writeHead(200, { 'content-type': 'text/html' }).end(request.url === HOME ? HOME_PAGE : shown);
  };
}

const toHome: Answer1 = (response) => void response.writeHead(303, { location: HOME }).end();

/** Speaks HTTP/1.1 where a browser asks for that. */
function http2Portal(shown: string, answer: Answer2): Promise<Portal> {
  const posts: string[] = [];
  const sessions = new Set<ServerHttp2Session>();
  const server = createSecureServer({ ...identity, allowHTTP1: true });
  server.on('session', (session) => {
    sessions.add(session);
    session.on('error', () => undefined).on('close', () => sessions.delete(session));
  });
  server.on('stream', (stream, { ':method': method, ':path': path }) => {
    stream.on('error', () => undefined);
    if (method === 'POST') return void noteBody(posts, stream, () => answer(stream));
    stream.respond({ ':status': 200, 'content-type': 'text/html' });
    if (path !== '/endless') return void stream.end(path === HOME ? HOME_PAGE : shown);
    const going = setInterval(() => stream.write('x'), PART_MS);
    stream.on('close', () => clearInterval(going));
  });
  const older = listener(posts, shown, toHome);
  server.on('request', (request, response) => {
    if (request.httpVersionMajor === 1) older(request as never, response as never);
  });
  return listening({
    server,
    posts,
    closeAll: () => {
      for (const session of sessions) session.destroy();
    },
  });
}

function http1Portal(scheme: string, shown: string, answer: Answer1): Promise<Portal> {
  const posts: string[] = [];
  const server = scheme === 'https' ? createServer({ ...identity }, listener(posts, shown, answer)) : createPlainServer(listener(posts, shown, answer));
  return listening({ server, posts, closeAll: () => server.closeAllConnections() });
}

/** How a portal has the browser itself send a request once more. */
const ASKS = {
  'answers 421': (stream) => stream.respond({ ':status': 421 }, { endStream: true }),
  'refuses the stream': (stream) => stream.close(constants.NGHTTP2_REFUSED_STREAM),
  'goes away': (stream) => {
    const { id = 1, session } = stream;
    session?.goaway(constants.NGHTTP2_NO_ERROR, Math.max(id - 2, 0));
    // No id is below the first one's, and by 0 Node means the last that it has seen: where the login begins its connection, it is refused besides.
    if (id === 1) stream.close(constants.NGHTTP2_REFUSED_STREAM);
  },
  'wants HTTP/1.1': (stream) => stream.close(constants.NGHTTP2_HTTP_1_1_REQUIRED),
} satisfies Record<string, Answer2>;

const PAGES: readonly Page[] = [{}, { beside: true }, { more: 40_000 }];

describe.runIf(identity !== null)('a portal reached by HTTP/2 that has a browser send the login once more', () => {
  it.each(Object.entries(ASKS))('gets it once: %s', async (_how, answer) => {
    const ended = await Promise.all(PAGES.map(async (shown) => signIn('https', await http2Portal(page(shown), answer))));
    expect(ended).toEqual(PAGES.map(() => ['unavailable', 1]));
  });

  it.each(Object.entries(ASKS))('gets it once where the browser gives it up meanwhile: %s', async (_how, answer) => {
    const ended = await Promise.all(PAGES.map(async (shown) => signIn('https', await http2Portal(page({ ...shown, stops: true }), answer), 10_000)));
    expect(ended.map(([, posts]) => posts)).toEqual(PAGES.map(() => 1));
  });
});

describe.each(identity === null ? ['http'] : ['http', 'https'])('a portal reached by HTTP/1.1, over %s', (scheme) => {
  it('gets a login once where it answers 421 to it', async () => {
    const portal = await http1Portal(scheme, page({}), (response) => void response.writeHead(421).end());
    expect(await signIn(scheme, portal)).toEqual(['unavailable', 1]);
  });
});

describe('a form whose address names a user and a password', () => {
  const shown = page({ names: true });
  const ways = identity === null ? ['http'] : ['http', 'https', 'HTTP/2'];
  const start = (how: string, status: number, headers: Readonly<Record<string, string>>): Promise<Portal> =>
    how === 'HTTP/2'
      ? http2Portal(shown, (stream) => stream.respond({ ':status': status, ...headers }, { endStream: true }))
      : http1Portal(how, shown, (response) => void response.writeHead(status, headers).end());
  const signInBy = async (how: string, ...answer: readonly [number, Readonly<Record<string, string>>]) =>
    signIn(how === 'http' ? how : 'https', await start(how, ...answer), 10_000);

  it('sends the login once to a portal that asks for them by 401', async () => {
    const ended = await Promise.all(ways.map((how) => signInBy(how, 401, { 'www-authenticate': 'Basic realm="portal"' })));
    expect(ended).toEqual(ways.map(() => ['unknown', 1]));
  });

  it('is signed in with at a portal that does not', async () => {
    const ended = await Promise.all(ways.map((how) => signInBy(how, 303, { location: HOME })));
    expect(ended).toEqual(ways.map(() => ['accepted', 1]));
  });
});
