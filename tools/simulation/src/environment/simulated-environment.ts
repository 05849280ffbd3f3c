import { credentialReference, type IdentityKeys, loginIdentity } from '@rcm/credentials';
import type { PauseScope } from '@rcm/db/rotation';
import { createLogger, type Logger, Secret } from '@rcm/telemetry';
import { ModelDatabase } from '../database/model-database.ts';
import { addIdentity } from '../database/identities.ts';
import { cut } from '../portal/account.ts';
import { Portal } from '../portal/portal.ts';
import type { StoreEntry } from '../stores/store-model.ts';
import { arnOf, AWS, ENVIRONMENT, MOUNT, Stores } from '../stores/stores.ts';
import { Faults } from '../time/faults.ts';
import { Outside } from '../time/outside.ts';
import { Random } from '../time/random.ts';
import { Scheduler } from '../time/scheduler.ts';
import { type Role, SimProcess } from '../time/sim-process.ts';
import { Trace } from '../time/trace.ts';
import type { Plan } from './plan.ts';
import type { LoginPlan } from './login-plan.ts';
import type { DoorPlan } from './portal-plan.ts';
import { portalTypeRow } from './portal-type-row.ts';
import { SecretWatch } from './secret-watch.ts';
import type { Save, SimLogin } from './sim-login.ts';

export const KEYS: IdentityKeys = { current: { id: '1', key: new Secret('a key of the simulated world, which is no secret') } };
const RESTART_MS = [2_000, 300_000] as const;

/** Everything there is: the queue, the models, the processes. What is judged is written down here, and judged elsewhere. */
export class SimulatedEnvironment {
  readonly plan: Plan;
  readonly scheduler = new Scheduler();
  readonly trace = new Trace(this.scheduler);
  readonly random: Random;
  readonly faults: Faults;
  readonly outside: Outside;
  readonly database: ModelDatabase;
  readonly stores: Stores;
  readonly portals = new Map<string, Portal>();
  readonly logins = new Map<string, SimLogin>();
  /** What agents visit: an endpoint for each login, and a second one where two doors lead to it. */
  readonly endpoints: { readonly endpointId: string; readonly orgId: string; readonly login: SimLogin }[] = [];
  readonly logger: Logger = createLogger({ name: 'simulation', level: 'silent' });
  readonly secrets = new SecretWatch();
  /** Written and removed, in order. */
  readonly storeRecord: StoreEntry[] = [];
  /** A tenant's act on what is another's. */
  readonly trespasses: string[] = [];
  readonly alive: SimProcess[] = [];
  /** Accounts, by `accountName`, that their portal has locked until support is called, and of which the platform was told nothing since. */
  readonly wasLocked = new Set<string>();
  /** What people have paused, and nobody has ended since, for all that they know. */
  readonly paused = new Set<PauseScope>();
  /** Told of every text that a person saves, with what they had opened and what lay there by then. */
  onSaved: (login: SimLogin, save: Save) => void = () => undefined;
  /** Told of every visit of an agent in which the portal was worked with. */
  onWorked: (login: SimLogin, process: SimProcess) => void = () => undefined;
  /** Told of every visit that ended at the door. */
  onTurnedAway: (login: SimLogin) => void = () => undefined;
  /** After this moment nothing goes wrong any more. */
  readonly troubleEndsAt: number;
  readonly #doors = new Map<string, { readonly portal: Portal; readonly door: DoorPlan }>();
  readonly #restarts = new Map<SimProcess, () => void>();
  /** Processes that died, by name, and when. */
  readonly deaths = new Map<string, number>();

  constructor(plan: Plan) {
    this.plan = plan;
    // What every seed draws hangs on this text.
    this.random = new Random(`world ${plan.seed}`);
    this.troubleEndsAt = this.scheduler.now + plan.troubleMs;
    this.faults = new Faults({ seed: `faults ${plan.seed}`, rate: plan.faultRate, until: this.troubleEndsAt, only: plan.onlyFaults });
    this.outside = new Outside(this.scheduler, this.faults, this.trace);
    this.outside.onDeath = (process) => this.#buried(process);
    const parts = { outside: this.outside, scheduler: this.scheduler };
    // Of every other environment all processes are on one machine, of the others each is on its own.
    const hasEnded = (holder: string): boolean => plan.seed % 2 === 0 && this.deaths.has(holder.split(' ', 1)[0] ?? '');
    this.database = new ModelDatabase({ ...parts, random: this.random.of('database'), hasEnded });
    this.stores = new Stores({
      ...parts,
      random: this.random.of('stores'),
      staleMs: plan.staleMs,
      onWrite: (entry) => {
        this.storeRecord.push(entry);
        this.secrets.onWrite(entry);
      },
      onCall: (path, by) => this.secrets.onCall(path, by),
      onTrespass: (what) => void this.trespasses.push(what),
    });
    for (const portal of plan.portals) {
      const model = new Portal(this.scheduler, { ...portal, random: this.random.of(`portal ${portal.realm}`) });
      this.portals.set(portal.realm, model);
      for (const door of portal.doors) {
        this.#doors.set(door.host, { portal: model, door });
        this.database.tables.portalTypes.set(door.type.code, portalTypeRow(door));
      }
    }
    for (const login of plan.logins) this.#addLogin(login);
  }

  portalAt(baseUrl: string): Portal {
    return this.#door(new URL(baseUrl).host).portal;
  }

  #door(host: string) {
    const door = this.#doors.get(host);
    if (!door) throw new Error(`Nobody is behind ${host}.`);
    return door;
  }

  doorOfType(code: string): DoorPlan {
    for (const { door } of this.#doors.values()) if (door.type.code === code) return door;
    throw new Error(`There is no portal type ${code}.`);
  }

  login(endpointId: string): SimLogin {
    const login = this.logins.get(endpointId);
    if (!login) throw new Error(`There is no login ${endpointId}.`);
    return login;
  }

  /** A process that is started anew whenever it dies. */
  keep(name: string, role: Role, main: (process: SimProcess) => Promise<void>): void {
    let incarnation = 0;
    const start = (): void => {
      incarnation += 1;
      const process = this.spawn(`${name}.${incarnation}`, role, main);
      this.#restarts.set(process, () => this.scheduler.in(this.random.of(`${process.name} restarts`).span(...RESTART_MS), null, start));
    };
    start();
  }

  /** A process that runs once. */
  spawn(name: string, role: Role, main: (process: SimProcess) => Promise<void>): SimProcess {
    const random = this.random.of(name);
    const clockOffMs = random.between(-this.plan.clocksOffMs, this.plan.clocksOffMs);
    const process = new SimProcess(this.scheduler, { name, role, random, clockOffMs });
    this.alive.push(process);
    this.scheduler.in(random.between(0, 5_000), process, () => {
      main(process).catch((error: unknown) => this.#broken(process, error));
    });
    return process;
  }

  kill(process: SimProcess): void {
    if (process.isDead) return;
    process.kill();
    this.#buried(process);
  }

  /** What nobody expected ends the environment: a mistake of the simulation, or an error of the product that nothing caught. */
  readonly broken: Error[] = [];
  #broken(process: SimProcess, error: unknown): void {
    if (!process.isDead) this.broken.push(error instanceof Error ? error : new Error(String(error)));
  }

  #buried(process: SimProcess): void {
    this.alive.splice(this.alive.indexOf(process), 1);
    this.deaths.set(process.name, this.scheduler.now);
    // No `finally` runs in a process that died: whatever it had begun, nobody ends it.
    for (const { duties } of this.logins.values()) duties.delete(process);
    this.#restarts.get(process)?.();
    this.#restarts.delete(process);
  }

  #addLogin(plan: LoginPlan): void {
    const portal = this.portals.get(plan.realm);
    const door = this.plan.portals.find(({ realm }) => realm === plan.realm)?.doors[plan.door];
    if (!portal || !door) throw new Error(`The login ${plan.endpointId} has no portal.`);
    portal.add(plan);
    const place = plan.store === 'vault' ? { store: plan.store, mount: MOUNT } : { store: plan.store, partition: 'aws', ...AWS };
    const owner = { environment: ENVIRONMENT, orgId: plan.orgId, endpointId: plan.endpointId, portalAccountId: 'account' };
    const login: SimLogin = {
      plan,
      portal,
      door,
      reference: credentialReference({ ...place, ...owner }),
      username: plan.username,
      duties: new Set(),
      secretOfAPerson: null,
    };
    // Whoever stored it had logged in with it.
    const text = {
      username: plan.username,
      password: cut(portal.habits, plan.password),
      ...(plan.mfaSeed ? { mfa_seed: plan.mfaSeed } : {}),
      note: 'as migrated',
    };
    login.reference = this.stores.personWrites(login.reference, JSON.stringify(text));
    this.logins.set(plan.endpointId, login);
    const identity = loginIdentity(KEYS, { realm: plan.realm, usernameCase: 'exact' }, plan.username);
    addIdentity(this.database, { id: identity.id, keyId: identity.keyId });
    const nextRotationAt = new Date(this.scheduler.now + this.random.of(`due ${plan.endpointId}`).between(0, 2 * 86_400_000));
    const doors = this.plan.portals.find(({ realm }) => realm === plan.realm)?.doors ?? [];
    const other = plan.otherDoor === null ? undefined : doors[plan.otherDoor];
    for (const [id, { host, type }] of [[plan.endpointId, door] as const, ...(other ? [[`${plan.endpointId}-twin`, other] as const] : [])]) {
      this.endpoints.push({ endpointId: id, orgId: plan.orgId, login });
      this.database.tables.endpoints.put({
        ...{ id, orgId: plan.orgId, portalTypeCode: type.code, accountId: 'account', baseUrl: `https://${host}/`, secretArn: arnOf(login.reference) },
        ...{ currentVersion: this.stores.versionOf(login.reference), loginIdentity: identity.id, rotationStatus: 'active', lastRotatedAt: null },
        ...{ nextRotationAt, hasLegacyCredentials: false, followed: null, rotationNotBefore: null },
        ...{ searchWantedAt: null, searchedAt: null, searchRequests: 0 },
        ...{ retiredAt: null, retiredSecretArn: null },
      });
    }
  }
}
