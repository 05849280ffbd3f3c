import type { Portal } from '../portal/portal.ts';
import type { PortalEntry } from '../portal/record.ts';
import { accountName, type SimLogin } from '../environment/sim-login.ts';
import type { SimulatedEnvironment } from '../environment/simulated-environment.ts';
import type { Finding } from './finding.ts';
import { Findings } from './findings.ts';
import { copiesElsewhere, holdingsOf, isAccepted, together } from './holdings.ts';
import { accountOf, isSameAccount, namedLogin } from './named-account.ts';
import { doorTo, judgeShare } from './our-share.ts';
import { OwnFields } from './own-fields.ts';
import type { Writer } from './possession.ts';
import { Rashness } from './rashness.ts';
import { Reach } from './reach.ts';
import { isRefusedStill } from './refused-still.ts';
import { watch, type Watched } from './watched.ts';

const LOOK_EVERY_MS = 3_600_000;

interface Write {
  readonly writer: Writer;
  readonly askedAt: number;
}

/** Judges an environment by the portals' records, the stores' contents and the clock, and by nothing else. */
export class Oracle {
  readonly #environment: SimulatedEnvironment;
  readonly #watched: readonly Watched[];
  readonly #read = new Map<Portal, number>();
  readonly #findings: Findings;
  readonly #reach: Reach;
  readonly #fields: OwnFields;
  readonly #rashness = new Map<Portal, Rashness>();
  #writesRead = 0;

  constructor(environment: SimulatedEnvironment) {
    this.#environment = environment;
    const { now } = environment.scheduler;
    this.#watched = [...environment.logins.values()].map((login) => watch(login, now));
    this.#findings = new Findings(environment);
    this.#reach = new Reach(environment, this.#watched, this.#findings);
    this.#fields = new OwnFields(environment, this.#watched, this.#findings);
    for (const portal of environment.portals.values()) {
      this.#read.set(portal, 0);
      const propagationDelayMs = doorTo(environment, portal)?.type.propagationDelayMs ?? 0;
      const mayHaveForgotten = (from: number, to: number): boolean => environment.database.failOvers.some((at) => at >= from && at <= to);
      this.#rashness.set(portal, new Rashness({ portal, propagationDelayMs, mayHaveForgotten }));
    }
    environment.onWorked = (login) => this.#worked(login);
    environment.onTurnedAway = (login) => {
      const watched = this.#watched.find((known) => known.login === login);
      if (!watched) return;
      watched.turnedAwayAt = environment.scheduler.now;
      watched.turnedAwaySince ??= environment.scheduler.now;
    };
    environment.onSaved = (login, save) => {
      const [before, after] = [save.found?.username, save.saved.username];
      if (before !== after) for (const username of [before, after]) this.#rashness.get(login.portal)?.accountMoved(String(username));
      this.#fields.saved(login, save);
    };
    environment.scheduler.afterEach = () => this.#look();
    const lookAgain = (): void => {
      this.#reach.lookAround();
      environment.scheduler.in(LOOK_EVERY_MS, null, lookAgain);
    };
    environment.scheduler.in(LOOK_EVERY_MS, null, lookAgain);
  }

  get findings(): readonly Finding[] {
    return this.#findings.all;
  }

  /** When everything has been well for long. */
  judgeTheEnd(): void {
    for (const watched of this.#watched) {
      this.#fields.judge(watched);
      this.#reach.judge(watched);
    }
    for (const what of new Set(this.#environment.trespasses)) this.#findings.add('wrong tenant', what, what);
    for (const error of this.#environment.broken) this.#findings.add('broken', error.message, error.stack ?? error.message);
  }

  /** After so many happenings somebody goes round without a pause: nothing that time would mend can be judged. */
  judgeUnended(happenings: number): void {
    this.#findings.add('broken', 'the environment', `it was given up after ${happenings} happenings: somebody goes round without a pause`);
  }

  /** After every happening that the portal or the store wrote down. */
  #look(): void {
    let isNew = false;
    for (const [portal, read] of this.#read) {
      const { record } = portal;
      if (record.length === read) continue;
      isNew = true;
      this.#read.set(portal, record.length);
      for (const entry of record.slice(read)) this.#judgeEntry(portal, entry);
    }
    const { storeRecord } = this.#environment;
    const writes = new Map<Watched, Write>();
    for (const { path, by, askedAt } of storeRecord.slice(this.#writesRead)) {
      isNew = true;
      const watched = this.#watched.find(({ login }) => path.includes(`/${login.plan.endpointId}/`));
      if (watched) writes.set(watched, { writer: by === 'person' ? 'person' : 'us', askedAt });
    }
    this.#writesRead = storeRecord.length;
    if (isNew) for (const watched of this.#watched) this.#judgeLoss(watched, writes);
  }

  #judgeEntry(portal: Portal, entry: PortalEntry): void {
    const rash = this.#rashness.get(portal)?.judge(entry) ?? null;
    if (rash !== null) this.#rash(accountName({ portal, username: entry.username }), rash);
    judgeShare({ environment: this.#environment, findings: this.#findings }, portal, entry);
  }

  /** Told once: whoever is rash once goes on being so. */
  #rash(about: string, words: string): void {
    if (!this.findings.some((known) => known.kind === 'rash' && known.about === about)) this.#findings.add('rash', about, words);
  }

  /** At this instant: is what the portal accepts anywhere in the store, in the login's secret or in another one of the same account? */
  #judgeLoss({ login, possession, homes }: Watched, writes: ReadonlyMap<Watched, Write>): void {
    const account = accountOf(login);
    if (!account) return;
    const sharing = this.#watched.filter((other) => isSameAccount(login, other.login) || homes.has(account, other));
    const write = sharing.map((watched) => writes.get(watched)).find((known) => known !== undefined);
    const held = sharing.map((watched) => [watched, holdingsOf(this.#environment, watched.login)] as const);
    homes.see(
      account,
      held
        .filter(([, { current, staged }]) => [current, ...staged].some((password) => password !== null && isAccepted(login, account, password)))
        .map(([home]) => home),
    );
    const found = together(held.map(([, holdings]) => holdings));
    const holdings = { ...found, staged: [...found.staged, ...copiesElsewhere(this.#environment, login, 'any organization')] };
    const askedAt = write?.askedAt ?? this.#environment.scheduler.now;
    const instant = {
      writer: write?.writer ?? null,
      askedAt,
      isRefusedStill: isRefusedStill(login, account, askedAt),
      namesAnother: namedLogin(this.#environment, login).username !== login.username,
    };
    if (!possession.isLostNow(login, account, holdings, instant)) return;
    const words = `the portal accepts a password that lies neither in current nor in any of ${holdings.staged.length} copies`;
    this.#findings.add('lost', login.plan.endpointId, words);
  }

  #worked(login: SimLogin): void {
    const watched = this.#watched.find((known) => known.login === login);
    if (!watched) return;
    watched.workedAt = this.#environment.scheduler.now;
    watched.turnedAwaySince = null;
  }
}
