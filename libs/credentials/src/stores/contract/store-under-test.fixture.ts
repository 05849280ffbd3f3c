import { randomUUID } from 'node:crypto';
import { RcmError, Secret } from '@rcm/telemetry';
import { parsePayload, serializePayload, withPassword } from '../../payload.ts';
import { credentialReference, type SecretReference } from '../../reference.ts';
import type { ClosableSecretStore, SecretTags, StagedSlot } from '../store.ts';

/** Called around each SDK call or HTTP request of a store (an SDK's retries included in one); what it throws stands for the process dying there. */
export type CallHook = (operation: string, phase: 'before' | 'after') => void | Promise<void>;

export type StoreKind = 'ssm' | 'secrets-manager' | 'vault';

export interface StoreUnderTest {
  readonly kind: StoreKind;
  /**
   * Moto's Secrets Manager: lets one idempotency token overwrite another's text, where AWS says ResourceExistsException, and answers with
   * a web page where ListSecretVersionIds names no secret, where AWS says ResourceNotFoundException.
   */
  readonly isLooserThanAws: boolean;
  /** Moto's Parameter Store: takes a value that its AllowedPattern does not match. */
  readonly heedsNoPatterns: boolean;
  /** Its calls cost next to nothing: what is walked elsewhere in part is walked here wholly, always. */
  readonly isInMemory?: true;
  /** A person with every right deletes the secret, history and all. */
  remove(reference: SecretReference): Promise<void>;
  /** A person with every right saves the next version by hand; `null`: what is no text of ours. Its version. Absent where a store holds nothing but texts. */
  saveByHand?(reference: SecretReference, text: Secret<string> | null): Promise<string>;
  /** A new store on the same backend, as a restarted process would have it. */
  open(hook?: CallHook): ClosableSecretStore;
}

export const tags: SecretTags = { TenantId: 'hospital-a', Environment: 'test', PortalType: 'alpine' };

/** The reference of an endpoint nobody else uses. */
export const newReference = ({ kind }: Pick<StoreUnderTest, 'kind'>): SecretReference =>
  credentialReference({
    ...(kind === 'vault' ? { store: kind, mount: 'kv' } : { store: kind, partition: 'aws', region: 'us-east-1', accountId: '123456789012' }),
    ...{ environment: tags.Environment, orgId: tags.TenantId, endpointId: `endpoint-${randomUUID()}`, portalAccountId: 'account-1' },
  });

export const payloadText = (password: string, more: object = {}): Secret<string> => new Secret(JSON.stringify({ username: 'Jörg 🔑', password, ...more }));

/** What a rotation attempt stages: the same payload with another password and the attempt's id in it. */
export const rotatedText = (from: Secret<string>, attemptId: string, password = `new-of-${attemptId}`, counter = 1): Secret<string> =>
  serializePayload(withPassword(parsePayload(from), { password: new Secret(password), attemptId, counter, now: new Date() }));

export const newSlot = (current: SecretReference, attemptId: string = randomUUID()): StagedSlot => ({ current, attemptId, tags });

export const passwordOf = (stored: { readonly text: Secret<string> } | null): string | null => (stored ? parsePayload(stored.text).reveal().password : null);

/** The error code that a promise ends with; a success is not an error and fails the expectation that names a code. */
export const codeOf = (act: Promise<unknown>): Promise<string> =>
  act.then(
    () => 'no error',
    (error: unknown) => (error instanceof RcmError ? error.code : String(error)),
  );
