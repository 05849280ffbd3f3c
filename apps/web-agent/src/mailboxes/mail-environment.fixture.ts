import { codeInboxes, type IdentityKeys } from '@rcm/credentials';
import { type Clock, createLogger, createMetrics, Secret, systemClock } from '@rcm/telemetry';
import { AUTHSERV_ID, type MailOrigin, type MailServer, startMailServer } from '@rcm/test-services';
import { randomBytes, randomInt } from 'node:crypto';
import { Writable } from 'node:stream';
import { type ApiEnvironment, makePortal, openApiEnvironment } from '../http/api.fixture.ts';
import { type WaitingLogin, WaitingLogins } from '../http/waiting-login.fixture.ts';
import type { Mailbox } from './mailbox.ts';
import { MailboxReader, type ReaderState } from './mailbox-reader.ts';

export const IDENTITY_KEY = 'i'.repeat(32);
export const KEYS: IdentityKeys = { current: { id: '1', key: new Secret(IDENTITY_KEY) } };

/** A mailbox that nobody else has, and an address whose mails lie in it. */
export interface TestMailbox extends Mailbox {
  readonly secret: Extract<Mailbox['secret'], { readonly file: string }>;
  address(local?: string): { readonly to: string; readonly inboxes: readonly string[] };
}

export interface Mail {
  readonly to: string;
  readonly code: string;
  readonly from?: string;
  readonly id?: string;
  readonly at?: Date;
  readonly html?: boolean;
  readonly origin?: MailOrigin;
  /** Above and below what the mail says itself. */
  readonly fields?: string;
  readonly more?: string;
}

/** A reader in this process. */
export interface TestReader {
  readonly states: readonly ReaderState[];
  /** How often mails came to each end. */
  ends(): Promise<Readonly<Record<string, number>>>;
  /** Until so many mails have come to an end. */
  ended(count: number): Promise<void>;
  until(state: ReaderState): Promise<void>;
  /** How often the mailbox could not be read. */
  failures(): Promise<number>;
  logged(): string;
  stop(): Promise<void>;
}

/** Starts one for a test file; where there is none, says so, and every test of the file is skipped with these words. */
export async function requireMailServer(): Promise<MailServer | { readonly absent: string }> {
  const server = await startMailServer();
  if (!('absent' in server)) return server;
  // .ci/run sets it: there, a mail server that is missing is a failure.
  if (process.env.RCM_REQUIRE_MAIL === '1') throw new Error(`RCM_REQUIRE_MAIL=1, and ${server.absent}`);
  process.stdout.write(`not tested here: ${server.absent}\n`);
  return server;
}

/** Opens it for a test file, as `requireMailServer` does. */
export const openMailEnvironment = (): Promise<MailEnvironment | { readonly absent: string }> => MailEnvironment.open();

/** A mail server, the platform’s database, and portals that send codes by mail: `alpine`, and `birch` with other words. */
export class MailEnvironment {
  readonly server: MailServer;
  readonly testEnvironment: ApiEnvironment;
  readonly logins: WaitingLogins;
  readonly codes: string[] = [];
  readonly addresses: string[] = [];
  #logged = '';
  readonly #readers: TestReader[] = [];

  private constructor(server: MailServer, testEnvironment: ApiEnvironment) {
    [this.server, this.testEnvironment, this.logins] = [server, testEnvironment, new WaitingLogins(testEnvironment)];
  }

  static async open(): Promise<MailEnvironment | { readonly absent: string }> {
    const server = await requireMailServer();
    if ('absent' in server) return server;
    const testEnvironment = await openApiEnvironment();
    const codes = { from: ['no-reply@birch.example'], pattern: 'use {code} to sign in' };
    const outcomes = [
      { when: { text: 'Welcome' }, is: 'accepted' },
      { when: { text: 'Wrong' }, is: 'rejected' },
    ];
    await makePortal(testEnvironment.owner, 'birch', { version: 1, name: 'birch', login: { outcomes }, codes });
    return new MailEnvironment(server, testEnvironment);
  }

  async mailbox(afterwards: Mailbox['afterwards'] = 'mark'): Promise<TestMailbox> {
    const domain = `m${randomBytes(4).toString('hex')}.example`;
    await this.server.addMailbox(domain);
    return {
      ...{ name: 'codes', ...this.server.imaps, ca: this.server.ca, tls: 'implicit', user: domain, folder: 'INBOX', authservId: AUTHSERV_ID, afterwards },
      secret: { kind: 'password', file: this.server.passwordFile },
      address: (local = 'codes') => {
        const to = `${local}@${domain}`;
        this.addresses.push(to);
        return { to, inboxes: codeInboxes(KEYS, to) };
      },
    };
  }

  newCode(): string {
    const code = `${randomInt(10_000_000, 99_999_999)}`;
    this.codes.push(code);
    return code;
  }

  /** As the portal `alpine` sends it, unless something else is said. */
  async send({ to, code, from = 'Alpine Health <codes@alpine.example>', id = randomBytes(9).toString('hex'), at = new Date(), ...mail }: Mail): Promise<void> {
    const grouped = `${code.slice(0, 4)} ${code.slice(4)}`;
    const text = mail.html
      ? `<html><head><style>p{color:red}</style></head><body><p>Your Alpine<br>code is <b>${grouped}</b></p></body></html>`
      : `Your Alpine\n code is ${grouped}. Do not share it.`;
    const fields = [
      ...(mail.fields === undefined ? [] : [mail.fields]),
      ...[`From: ${from}`, `To: ${to}`, `Date: ${at.toUTCString().replace('GMT', '+0000')}`, `Message-ID: <${id}@mail.example>`, 'Subject: Sign in'],
      ...['MIME-Version: 1.0', `Content-Type: text/${mail.html ? 'html' : 'plain'}; charset=utf-8`],
    ];
    await this.server.send({ from: 'bounces@mail.example', to, text: `${fields.join('\n')}\n\n${text}\n${mail.more ?? ''}` }, mail.origin);
  }

  /** Until the clock shows a second that began after the login did: mails say no more than seconds. Here its beginning has lost what it had beyond milliseconds, so that an equal one is not after it. */
  async nextSecond(login: WaitingLogin): Promise<void> {
    const [row] = await this.testEnvironment.owner.transaction(
      'every tenant',
      (tx) => tx.$queryRaw<{ at: Date }[]>`SELECT begun_at AS at FROM code_request WHERE id = ${login.requestId}::uuid`,
    );
    while (Math.floor(Date.now() / 1_000) * 1_000 <= (row?.at.getTime() ?? 0)) await later();
  }

  /** One whose page asks, and whose code is sent from now on. */
  async asked(orgId: string, { inboxes }: { readonly inboxes: readonly string[] }): Promise<WaitingLogin> {
    const login = await this.logins.asked(orgId, { inboxes });
    await this.nextSecond(login);
    return login;
  }

  /** What a login was answered with, when it is. */
  async answered(login: WaitingLogin): Promise<string> {
    for (;;) {
      const code = await login.taken();
      if (code !== null) return code;
      await later();
    }
  }

  /** `clock`: by which it cools down. */
  reader(mailbox: Mailbox, clock: Clock = systemClock): TestReader {
    let logged = '';
    const destination = new Writable({
      write: (chunk: Buffer, _encoding, done) => {
        logged += chunk.toString();
        this.#logged += chunk.toString();
        done();
      },
    });
    const [stop, metrics, states] = [new AbortController(), createMetrics(), [] as ReaderState[]];
    const logger = createLogger({ name: 'reader', level: 'trace', destination });
    const options = { mailbox, db: this.testEnvironment.db, keys: KEYS, logger, metrics, clock, signal: stop.signal };
    const running = new MailboxReader({ ...options, onState: (state) => states.push(state) }).run();
    const ends = async (): Promise<Readonly<Record<string, number>>> => {
      const values = (await metrics.values()).filter(({ name }) => name === 'rcm_inbound_messages_total');
      return Object.fromEntries(values.map(({ labels, value }) => [String(labels.end), value]));
    };
    const reader: TestReader = {
      states,
      ends,
      async ended(count) {
        while (Object.values(await ends()).reduce((sum, value) => sum + value, 0) < count) await later();
      },
      async until(state) {
        while (states.at(-1) !== state) await later();
      },
      async failures() {
        const values = (await metrics.values()).filter(({ name }) => name === 'rcm_mailbox_failures_total');
        return values.reduce((sum, { value }) => sum + value, 0);
      },
      logged: () => logged,
      async stop() {
        stop.abort();
        await running;
      },
    };
    this.#readers.push(reader);
    return reader;
  }

  logged(): string {
    return this.#logged + this.testEnvironment.logged();
  }

  async close(): Promise<void> {
    await Promise.all(this.#readers.map((reader) => reader.stop()));
    await Promise.all([this.testEnvironment.close(), this.server.close()]);
  }
}

/** A clock on which a cool-down takes a moment, and the cool-downs that were asked of it. */
export class HurriedClock implements Clock {
  readonly coolDowns: number[] = [];

  now(): Date {
    return new Date();
  }

  elapsed(): number {
    return performance.now();
  }

  async sleep(ms: number): Promise<void> {
    this.coolDowns.push(ms);
    await later();
  }
}

export const later = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 25));
