import type { Database } from '@rcm/db';
import { insertEndpoint } from '@rcm/db/admin';
import { askForCode, type CodeKey, type CodeTurn, createCodeKey } from '@rcm/db/codes';
import { acquireSharedLease } from '@rcm/db/leases';
import { recordMigrated } from '@rcm/db/migration';
import { takeCode, takeCodeTurn } from '@rcm/db/codes';
import { createHash, randomUUID } from 'node:crypto';

/** A login whose page asks for a code. */
export interface WaitingLogin extends CodeTurn {
  /** What it was answered with; `null`: nobody has answered. */
  taken(): Promise<string | null>;
}

export interface Waits {
  /** Of what portal. Default: `alpine`. */
  readonly portal?: string;
  /** To whom its portal sends codes. */
  readonly inboxes?: readonly string[];
  /** Another turn of this login. Default: of a new one. */
  readonly again?: CodeTurn;
}

/** Logins, each of an account of its own, that wait for codes in an API's test environment. */
export class WaitingLogins {
  readonly #testEnvironment: { readonly owner: Database; readonly db: Database };
  #key: Promise<CodeKey> | null = null;

  constructor(testEnvironment: { readonly owner: Database; readonly db: Database }) {
    this.#testEnvironment = testEnvironment;
  }

  /** One of the organization that has its turn, and whose page asks. */
  async asked(orgId: string, waits: Waits = {}): Promise<WaitingLogin> {
    const login = await this.begun(orgId, waits);
    await askForCode(this.#testEnvironment.db, login, 600_000);
    return login;
  }

  /** One that has its turn, and whose page has not asked yet. */
  async begun(orgId: string, waits: Waits = {}): Promise<WaitingLogin> {
    const turn = await this.turn(orgId, waits);
    if (!turn) throw new Error('it is another login’s turn');
    return turn;
  }

  /** `null`: it is another login's turn. */
  async turn(orgId: string, { portal = 'alpine', inboxes, again }: Waits = {}): Promise<WaitingLogin | null> {
    const { db } = this.#testEnvironment;
    const place = { orgId, endpointId: again?.endpointId ?? (await this.#endpoint(orgId, portal)) };
    const lease = await acquireSharedLease(db, { ...place, holder: 'agent', ttlMs: 600_000 });
    if (!lease.granted) throw new Error(lease.reason);
    const key = await (this.#key ??= createCodeKey());
    const turn = await takeCodeTurn(db, { ...place, leaseId: lease.lease.id, publicKey: key.publicKey, forMs: 600_000, inboxes });
    if (!turn) return null;
    return {
      ...turn,
      async taken() {
        const answer = await takeCode(db, turn);
        return answer.kind === 'sealed' ? key.open(turn.requestId, answer.sealed).reveal() : null;
      },
    };
  }

  async #endpoint(orgId: string, portal: string): Promise<string> {
    const { owner } = this.#testEnvironment;
    const id = `waits-${randomUUID().slice(0, 8)}`;
    await insertEndpoint(owner, { id, orgId, portalTypeCode: portal, accountId: id, baseUrl: `https://${portal}.example/` });
    const secretArn = `arn:aws:ssm:us-east-1:123456789012:parameter/rcm/test/${orgId}/endpoints/${id}/${id}`;
    const loginIdentity = createHash('sha256').update(id).digest('hex');
    await recordMigrated(owner, { orgId, endpointId: id, secretArn, version: '1', loginIdentity, fingerprint: 'f' });
    return id;
  }
}
