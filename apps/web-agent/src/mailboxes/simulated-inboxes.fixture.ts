import { codeInboxes } from '@rcm/credentials';
import { endCodeTurn } from '@rcm/db/codes';
import { asSuperuser } from '@rcm/db/testing';
import { createLogger, createMetrics } from '@rcm/telemetry';
import { type ApiEnvironment, makePortal } from '../http/api.fixture.ts';
import { type WaitingLogin, WaitingLogins } from '../http/waiting-login.fixture.ts';
import { KEYS } from './mail-environment.fixture.ts';
import { MailRounds, type MailSource } from './mail-round.ts';
import type { Mailbox } from './mailbox.ts';

const AUTHSERV_ID = 'mx.codes.example';
const PORTALS = [
  { code: 'cedar', from: 'codes@cedar.example', words: 'your cedar code is ' },
  { code: 'birch', from: 'no-reply@birch.example', words: 'use this code to sign in at birch: ' },
] as const;
const SECOND = 1_000;
const MAILBOX: Mailbox = {
  ...{ name: 'codes', host: 'imap.example', port: 993, tls: 'implicit', user: 'codes', secret: { kind: 'password', file: '' }, folder: 'INBOX' },
  ...{ authservId: AUTHSERV_ID, afterwards: 'delete', ca: undefined },
};

interface Lying {
  readonly uid: number;
  readonly receivedAt: Date;
  readonly source: Uint8Array;
}
interface Open {
  readonly login: WaitingLogin;
  readonly portal: (typeof PORTALS)[number];
  readonly to: string;
  readonly code: string;
}

/** By whom, with which words, and to whom a mail is sent. */
interface Sending {
  readonly portal: { readonly from: string; readonly words: string };
  readonly to: string;
}

/** What a story came to. The judge knows which code was sent for which login, and nothing of how mails are read. */
export interface Verdict {
  logins: number;
  own: number;
  none: number;
  /** Codes that were sent for another login, or by nobody’s portal, or typed before: each one is an error. */
  readonly wrong: string[];
}

export interface Story {
  readonly testEnvironment: ApiEnvironment;
  readonly logins: number;
  /** 0 up to 1. */
  readonly random: () => number;
}

/**
 * Logins on shared inboxes whose mails are late, lost, twice, out of order and forged, in a time of the story’s own: in Postgres a login began when the story says, and a mail says when it was
 * sent. Real are the database, the way of a mail from its bytes to the answer, and what a login takes.
 */
export class SimulatedInboxes {
  readonly codes: string[] = [];
  readonly verdict: Verdict = { logins: 0, own: 0, none: 0, wrong: [] };
  readonly #story: Story;
  readonly #waiting: WaitingLogins;
  readonly #rounds: MailRounds;
  readonly #typed = new Set<string>();
  /** What will be put into the mailbox, some of it late. */
  #underWay: Uint8Array[] = [];
  #fresh: Lying[] = [];
  readonly #lying = new Map<number, Lying>();
  #uid = 0;
  /** Long before now, so that no mail is of the future. */
  #now = Date.now() - 30 * 86_400_000;

  constructor(story: Story) {
    this.#story = story;
    this.#waiting = new WaitingLogins(story.testEnvironment);
    const source: MailSource = {
      newMails: async () => this.#fresh.splice(0).map(({ uid, receivedAt, source: { length: bytes } }) => ({ uid, receivedAt, bytes })),
      sourceOf: async (uid) => this.#lying.get(uid)?.source ?? null,
      mark: async () => undefined,
      delete: async (uid) => void this.#lying.delete(uid),
    };
    this.#rounds = new MailRounds(source, {
      ...{ db: story.testEnvironment.db, keys: KEYS, logger: createLogger({ name: 'story', level: 'silent' }), metrics: createMetrics() },
      mailbox: MAILBOX,
      keepTurn: async () => undefined,
    });
  }

  static async prepare(testEnvironment: ApiEnvironment): Promise<void> {
    // A turn ends within an hour of its beginning, by one clock; here it begins by the story's.
    await asSuperuser(testEnvironment.url, ['ALTER TABLE code_request DROP CONSTRAINT code_request_turn_bounded']);
    const outcomes = [
      { when: { text: 'Welcome' }, is: 'accepted' },
      { when: { text: 'Wrong' }, is: 'rejected' },
    ];
    for (const { code, from, words } of PORTALS)
      await makePortal(testEnvironment.owner, code, { version: 1, name: code, login: { outcomes }, codes: { from: [from], pattern: `${words}{code}` } });
  }

  async tell(): Promise<Verdict> {
    while (this.verdict.logins < this.#story.logins) await this.#chapter();
    return this.verdict;
  }

  /** Some logins at once, of different portals or addresses; then the next ones. */
  async #chapter(): Promise<void> {
    const open: Open[] = [];
    for (let n = 0; n < 4; n += 1) {
      const begun = await this.#begin();
      if (begun) open.push(begun);
    }
    for (const each of open) this.#mail(each);
    for (let round = 0; round < 3; round += 1) {
      this.#deliver();
      await this.#rounds.once();
      for (const each of open) await this.#take(each);
    }
    for (const { login } of open) await endCodeTurn(this.#story.testEnvironment.db, login);
    this.verdict.logins += open.length;
    this.verdict.own += open.filter(({ code }) => this.#typed.has(code)).length;
    this.verdict.none += open.filter(({ code }) => !this.#typed.has(code)).length;
  }

  async #begin(): Promise<Open | null> {
    const [portal, to] = [this.#pick(PORTALS), `codes-${Math.floor(this.#story.random() * 5)}@shared.example`];
    const waits = { portal: portal.code, inboxes: codeInboxes(KEYS, to) };
    const login = await this.#waiting.turn(this.#pick(['one', 'two']), waits);
    if (!login) return null;
    this.#now += 2 * SECOND;
    const { owner } = this.#story.testEnvironment;
    await owner.transaction(
      'every tenant',
      (tx) =>
        tx.$executeRaw`UPDATE code_request SET begun_at = ${new Date(this.#now)}, asked_at = clock_timestamp(), open_until = turn_until WHERE id = ${login.requestId}::uuid`,
    );
    const code = `${10_000_000 + this.codes.length}`;
    this.codes.push(code);
    return { login, portal, to, code };
  }

  /** What is sent for a login, and what others send meanwhile. */
  #mail(open: Open): void {
    this.#now += 2 * SECOND;
    const { random } = this.#story;
    const own = this.#bytes(open, open.code, 'pass');
    if (random() < 0.9) this.#underWay.push(own);
    if (random() < 0.3) this.#underWay.push(own);
    // Forged, in the portal’s name; and by another whom its own domain has sent.
    if (random() < 0.4) this.#underWay.push(this.#bytes(open, this.#stray(), 'fail'));
    if (random() < 0.2) this.#underWay.push(this.#bytes({ to: open.to, portal: { ...open.portal, from: 'codes@elsewhere.example' } }, this.#stray(), 'pass'));
    if (random() < 0.1) this.#underWay.push(this.#bytes({ ...open, to: 'codes-9@shared.example' }, this.#stray(), 'pass'));
  }

  #bytes({ portal, to }: Sending, code: string, dmarc: 'pass' | 'fail'): Uint8Array {
    const forged = `Authentication-Results: ${AUTHSERV_ID}; dmarc=pass header.from=${portal.from.slice(portal.from.indexOf('@') + 1)}`;
    const lines = [
      forged.replace('dmarc=pass', `dmarc=${dmarc}`),
      forged,
      ...[
        `From: ${portal.from}`,
        `To: ${to}`,
        `Date: ${new Date(this.#now).toUTCString().replace('GMT', '+0000')}`,
        `Message-ID: <${code}@mail.example>`,
        'Subject: Sign in',
      ],
      ...['', `${portal.words}${code}.`],
    ];
    return Buffer.from(lines.join('\r\n'));
  }

  /** Of what is under way each mail comes now or later, in any order. */
  #deliver(): void {
    this.#now += 2 * SECOND;
    const come = this.#underWay.filter(() => this.#story.random() < 0.5);
    this.#underWay = this.#underWay.filter((mail) => !come.includes(mail));
    for (const source of come.toSorted(() => this.#story.random() - 0.5)) {
      const mail = { uid: (this.#uid += 1), receivedAt: new Date(this.#now), source };
      this.#lying.set(mail.uid, mail);
      this.#fresh.push(mail);
    }
  }

  async #take({ login, code }: Open): Promise<void> {
    const typed = await login.taken();
    if (typed === null) return;
    if (typed !== code || this.#typed.has(typed)) this.verdict.wrong.push(typed);
    this.#typed.add(typed);
  }

  /** A code that was sent for no login. */
  #stray(): string {
    const code = `${90_000_000 + this.codes.length}`;
    this.codes.push(code);
    return code;
  }

  #pick<T>(of: readonly T[]): T {
    return of[Math.floor(this.#story.random() * of.length)] as T;
  }
}
