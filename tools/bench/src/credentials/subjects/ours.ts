import { type CredentialManager, createCredentialManager, createTenantReaders, type HeldCredential } from '@rcm/credentials';
import { createMetrics, type Metrics } from '@rcm/telemetry';
import { ENVIRONMENT } from '../secrets.ts';
import { readEach, type Subject, type SubjectOptions } from './subject.ts';

/** This project's reader as the web-agent makes it: each tenant with a session of its own, metrics on, all numbers at their defaults. */
export interface OwnSubject extends Subject {
  readonly manager: CredentialManager;
  readonly metrics: Metrics;
}

export function ours({ account, ttlMs }: SubjectOptions): OwnSubject {
  const { region, endpoint, credentials, tenantRoles, kmsKeyArn } = account;
  const stores = createTenantReaders({ region, endpoint, credentials, environment: ENVIRONMENT, roleArn: tenantRoles.agent, kmsKeyId: kmsKeyArn });
  const metrics = createMetrics();
  const manager = createCredentialManager({ stores, metrics, ttlMs });
  const subject = { read: (secret: Parameters<Subject['read']>[0]) => manager.get(secret.request) };
  return {
    ...subject,
    manager,
    metrics,
    readMany: (secrets) => readEach(subject, secrets),
    counterOf: (answer) => (answer as HeldCredential).payload.reveal().metadata?.rotation_counter ?? 0,
    close: () => stores.close(),
  };
}
