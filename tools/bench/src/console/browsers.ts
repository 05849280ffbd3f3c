import { Agent, get, type IncomingMessage } from 'node:http';
import type { Database } from '@rcm/db';
import { type ConsoleRoles, openSession } from '@rcm/db/acts';

const AGENT = 'bench';
const HOUR_MS = 3_600_000;
const DEADLINE_MS = 60_000;

/** Somebody who is signed in. */
export interface Visitor {
  readonly origin: string;
  readonly cookie: string;
}

/** What a sign-in ends with. */
export async function signIn(
  db: Database,
  { origin, name, roles }: { readonly origin: string; readonly name: string; readonly roles: ConsoleRoles },
): Promise<Visitor> {
  const id = await openSession(db, { person: `person:oidc:http://localhost:9#${name}`, name, roles, agent: AGENT, lifeMs: 2 * HOUR_MS });
  return { origin, cookie: `__Host-rcm-session=${id}` };
}

const kept = new Agent({ keepAlive: true });

function ask({ origin, cookie }: Visitor, path: string, agent: Agent | false): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    get(new URL(path, origin), { agent, headers: { cookie, 'user-agent': AGENT }, timeout: DEADLINE_MS }, resolve).once('error', reject);
  });
}

/** How long a page takes, from being asked for to its last byte, in ms. Fails for one that is not a page of the signed-in. */
export async function timePage(visitor: Visitor, path: string): Promise<number> {
  const began = performance.now();
  const response = await ask(visitor, path, kept);
  let bytes = 0;
  for await (const chunk of response) bytes += (chunk as Buffer).length;
  const ms = performance.now() - began;
  if (response.statusCode !== 200 || bytes < 300) throw new Error(`${path} was answered ${response.statusCode} with ${bytes} bytes`);
  return ms;
}

/** An event stream that is open. */
export class Stream {
  told = 0;
  isOpen = true;
  readonly #response: IncomingMessage;

  private constructor(response: IncomingMessage) {
    this.#response = response;
    response.setEncoding('utf8').on('data', (text: string) => (this.told += text.split('event: changed').length - 1));
    response.once('close', () => (this.isOpen = false));
    response.once('error', () => (this.isOpen = false));
  }

  /** Fails where none is given. */
  static async open(visitor: Visitor, path: string): Promise<Stream> {
    const response = await ask(visitor, path, false);
    if (response.statusCode !== 200 || !response.headers['content-type']?.startsWith('text/event-stream'))
      throw new Error(`${path} was answered ${response.statusCode}`);
    return new Stream(response);
  }

  leave(): void {
    this.#response.destroy();
  }
}
