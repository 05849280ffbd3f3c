import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { generateAgeIdentity } from '@rcm/credentials/backup';
import { createMetrics, type HealthServer, startHealthServer } from '@rcm/telemetry';
import type { EnvironmentEndpoint } from '@rcm/test-environment';
import { asRoot, compileCache } from '@rcm/test-services';
import { expect } from 'vitest';
import { makeAuditHeads } from '../audit-heads.fixture.ts';
import { openPerson, type Person } from '../person.fixture.ts';

export const TYPED = 'Typed-By-Person-77';
const MAIN = fileURLToPath(new URL('../main.ts', import.meta.url));

interface ReaderParts {
  readonly person: Person;
  /** Private half of what backups are sealed to: a file's path. */
  readonly identity: string;
}

/** Somebody who reads a runbook and types its commands, with a profile that is set and a login that the page is about. */
export class Reader implements AsyncDisposable {
  readonly person: Person;
  readonly task = randomUUID();
  /** What the health check of the process says that a page is about. */
  isWell = true;
  /** File of the newest backup. */
  backup = '';
  readonly #identity: string;
  #login = '';
  #health: HealthServer | undefined;

  private constructor({ person, identity }: ReaderParts) {
    this.person = person;
    this.#identity = identity;
  }

  static async open(): Promise<Reader> {
    // More tries than a page costs: what is tried here is no budget.
    const person = await openPerson({ endpoints: [], portalType: { propagationDelayMs: 200, lockoutThreshold: 8 }, secondRegion: true });
    const heads = makeAuditHeads(person);
    const kept = await generateAgeIdentity();
    const identity = join(person.folder, 'identity.txt');
    writeFileSync(identity, `${kept.identity.reveal()}\n`, { mode: 0o600 });
    const environment = {
      ...person.environment,
      ...heads.environment,
      RCM_BACKUP_RECIPIENTS: kept.recipient,
      RCM_OWNER_DATABASE_URL: person.testEnvironment.databaseUrl,
    };
    const reader = new Reader({ person: Object.assign(person, { environment }), identity });
    const process = () => (reader.isWell ? null : 'It waits for its database.');
    reader.#health = await startHealthServer({ port: 0, metrics: createMetrics(), checks: { process } });
    // A chain that the heads are of.
    await reader.takeLogin();
    await reader.verify();
    await heads.write();
    return reader;
  }

  get login(): string {
    return this.#login;
  }

  get account(): Pick<EnvironmentEndpoint, 'portal' | 'username'> {
    const { portal, username } = this.person.testEnvironment.endpoint(this.#login);
    return { portal, username };
  }

  /** From now on the pages are about a login that nothing has happened to. */
  async takeLogin(): Promise<void> {
    this.#login = (await this.person.testEnvironment.addEndpoint('alpine')).id;
  }

  sql(text: string): Promise<unknown> {
    return this.person.testEnvironment.db.transaction('every tenant', (tx) => tx.$executeRawUnsafe(text));
  }

  verify(): Promise<unknown> {
    return this.run('rcm login verify "$LOGIN" --reason "$WHY"');
  }

  /** Runs a command as somebody types it whose profile is set. */
  async run(command: string): Promise<{ readonly code: number; readonly output: string }> {
    const { person } = this;
    const settings = {
      LOGIN: this.#login,
      ORG: person.testEnvironment.orgId,
      TASK: this.task,
      PORTAL: 'alpine',
      WHY: 'runbook, ticket 4711',
      HEALTH: `http://127.0.0.1:${this.#health?.port}`,
      BACKUP: this.backup,
      BACKUPS: join(person.folder, 'backups'),
      IDENTITY: this.#identity,
    };
    const shell = spawn('bash', ['-c', `rcm() { "${process.execPath}" --disable-sigusr1 "${MAIN}" "$@"; }\n${command}`], {
      cwd: person.folder,
      env: { PATH: process.env.PATH, HOME: process.env.HOME, ...asRoot(), ...compileCache(), ...person.environment, ...settings },
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    let output = '';
    for (const stream of [shell.stdout, shell.stderr]) stream.on('data', (chunk: Buffer) => void (output += chunk.toString()));
    // What a prompt asks for; a portal's password, were it shown, would be found below.
    shell.stdin.on('error', () => undefined).end(`${TYPED}\n`);
    const [code] = (await once(shell, 'close')) as [number];
    expect(output).not.toContain(TYPED);
    return { code, output };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#health?.close();
    await this.person.close();
  }
}
