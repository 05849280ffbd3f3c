import type { SimProcess } from '../time/sim-process.ts';
import type { Happening } from '../environment/happening.ts';
import type { Instant } from '../environment/instant.ts';
import { instantComes } from '../environment/instant-comes.ts';
import type { SimLogin } from '../environment/sim-login.ts';
import type { SimulatedEnvironment } from '../environment/simulated-environment.ts';
import { operatorRuns } from './commands.ts';

export type PersonalHappening = Extract<Happening, { readonly login: string }>;
type Of<K extends PersonalHappening['kind']> = Extract<PersonalHappening, { readonly kind: K }>;
type Fields = Readonly<Record<string, unknown>>;

const SEED_LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
const PERSON = { by: 'person', process: 'person' } as const;

/** One person with one login: what they do at the portal's page, in the store's console, or by a command, each at a person's pace. */
export class Person {
  readonly #environment: SimulatedEnvironment;
  readonly #login: SimLogin;
  readonly #process: SimProcess;

  constructor(environment: SimulatedEnvironment, login: SimLogin, process: SimProcess) {
    this.#environment = environment;
    this.#login = login;
    this.#process = process;
  }

  async does(act: PersonalHappening): Promise<void> {
    if ('begins' in act) await this.#comes(act.begins);
    switch (act.kind) {
      case 'a person edits a note':
        return this.#editsNote(act);
      case 'a person sets up a new authenticator':
        return this.#duty(() => this.#setsUpAuthenticator(act));
      case 'a person changes the password':
        return this.#duty(() => this.#changesPassword(act));
      case 'a person changes the password at the portal only':
        this.#login.secretOfAPerson = this.#newPassword();
        this.#login.portal.setByHand(this.#login.username, this.#login.secretOfAPerson);
        return;
      case 'a person mistypes':
        return this.#mistypes(act.times);
      case 'a person locks the account':
        return this.#duty(() => this.#locks(act));
      case 'a person makes the secret anew':
        return this.#duty(() => this.#makesAnew());
      case 'a person puts in another account':
        return this.#duty(() => this.#putsInAnotherAccount(act));
      default:
        return operatorRuns(this.#environment, this.#login, act, this.#process);
    }
  }

  /** As long as somebody is in the middle of something, nobody else can be expected to get in. */
  async #duty(act: () => Promise<void>): Promise<void> {
    const { duties } = this.#login;
    duties.add(this.#process);
    try {
      await act();
    } finally {
      duties.delete(this.#process);
    }
  }

  /** Opens the whole JSON, changes fields in it, and saves the whole of it, whatever has become of the secret meanwhile. */
  async #edits(change: (opened: Fields) => Fields, saves: number | Instant): Promise<void> {
    const opened = this.#read();
    if (opened === null) return;
    await this.#comes(typeof saves === 'number' ? { when: 'after', ms: saves } : saves);
    this.#save(opened, change(opened));
  }

  #read(): Fields | null {
    const text = this.#environment.stores.personReads(this.#login.reference);
    return text === null ? null : (JSON.parse(text) as Fields);
  }

  #save(opened: Fields, saved: Fields): void {
    this.#environment.trace.add(this.#process.name, `saves the secret of ${this.#login.plan.endpointId}`);
    this.#environment.onSaved(this.#login, { opened, found: this.#read(), saved });
    this.#login.reference = this.#environment.stores.personWrites(this.#login.reference, JSON.stringify(saved));
  }

  #editsNote({ saves }: Of<'a person edits a note'>): Promise<void> {
    return this.#edits((opened) => ({ ...opened, note: `note ${this.#process.random.between(1, 1e9)}` }), saves);
  }

  async #setsUpAuthenticator({ gapMs }: Of<'a person sets up a new authenticator'>): Promise<void> {
    const account = this.#login.portal.accounts.get(this.#login.username);
    if (!account || account.mfaSeed === null) return;
    const seed = Array.from({ length: 16 }, () => this.#process.random.pick([...SEED_LETTERS])).join('');
    account.mfaSeed = seed;
    this.#environment.trace.add(this.#process.name, `sets up a new authenticator for ${account.username}`);
    await this.#sleep(gapMs);
    await this.#edits((opened) => ({ ...opened, mfa_seed: seed }), 3_000);
  }

  async #changesPassword({ first, gapMs }: Of<'a person changes the password'>): Promise<void> {
    const password = this.#newPassword();
    // Of the account that the secret names as they begin; what names another by then is none of theirs.
    const named = this.#read()?.username;
    const username = typeof named === 'string' ? named : this.#login.username;
    const inStore = (opened: Fields): Fields => (opened.username === username ? { ...opened, password } : opened);
    const atPortal = (): void => {
      this.#login.portal.setByHand(username, password);
      // Whatever somebody else had set there is no secret of theirs any more.
      this.#login.secretOfAPerson = null;
    };
    if (first === 'portal') atPortal();
    else await this.#edits(inStore, 5_000);
    await this.#sleep(gapMs);
    if (first === 'store') atPortal();
    else await this.#edits(inStore, 5_000);
  }

  /** Short enough for a portal that cuts: a person would see at their next login that it had been cut. */
  #newPassword(): string {
    return `Pw${this.#process.random.between(10, 99)}${['abcd', 'efgh', 'ijkl'][this.#process.random.between(0, 2)] ?? ''}`;
  }

  async #mistypes(times: number): Promise<void> {
    for (let time = 0; time < times; time += 1) {
      this.#login.portal.tryPassword(PERSON, this.#login.username, `slip ${time}`);
      await this.#sleep(4_000);
    }
  }

  async #locks({ callMs, tells }: Of<'a person locks the account'>): Promise<void> {
    const { portal, username } = this.#login;
    for (let slip = 0; slip < 10; slip += 1) {
      if (portal.tryPassword(PERSON, username, `forgotten ${slip}`) === 'at locked') break;
      await this.#sleep(5_000);
    }
    await this.#sleep(callMs);
    portal.callSupport(username);
    if (tells) await operatorRuns(this.#environment, this.#login, { kind: 'unlocked', username }, this.#process);
  }

  /** Deletes it and creates it again with the same text; nobody does that where the name of the secret would be another one. */
  async #makesAnew(): Promise<void> {
    const text = this.#environment.stores.personReads(this.#login.reference);
    if (text === null || this.#login.plan.store === 'secrets-manager') return;
    this.#environment.stores.personRemoves(this.#login.reference);
    await this.#sleep(this.#process.random.between(1_000, 60_000));
    const saved = JSON.parse(text) as Fields;
    // Whoever saved it meanwhile is overwritten, which they know no better than the store does.
    this.#save(saved, saved);
  }

  async #putsInAnotherAccount({ whose }: Of<'a person puts in another account'>): Promise<void> {
    const taken = (whose === 'of another login' ? this.#accountOfAnother() : null) ?? this.#newAccount();
    if (taken === null) return;
    this.#login.username = String(taken.username);
    this.#login.secretOfAPerson = null;
    await this.#edits((opened) => ({ ...opened, ...taken }), 5_000);
  }

  #newAccount(): Fields | null {
    const { portal, plan } = this.#login;
    const username = `${plan.username}-second`;
    if (portal.accounts.has(username)) return null;
    const password = this.#newPassword();
    portal.add({ username, password, mfaSeed: plan.mfaSeed });
    return { username, password, ...(plan.mfaSeed === null ? {} : { mfa_seed: plan.mfaSeed }) };
  }

  /** As the organization's other secret has it: two secrets share an account from then on. */
  #accountOfAnother(): Fields | null {
    const { plan, username } = this.#login;
    for (const other of this.#environment.logins.values()) {
      if (other.plan.realm !== plan.realm || other.plan.orgId !== plan.orgId || other.username === username) continue;
      const text = this.#environment.stores.personReads(other.reference);
      if (text === null) continue;
      const { username: user, password, mfa_seed } = JSON.parse(text) as Fields;
      return { username: user, password, ...(mfa_seed === undefined ? {} : { mfa_seed }) };
    }
    return null;
  }

  #comes(instant: Instant): Promise<void> {
    return instantComes(this.#environment, this.#login, this.#process, instant);
  }

  #sleep(ms: number): Promise<void> {
    return this.#process.clock.sleep(ms);
  }
}
