import { execFile } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { urlFor } from '@rcm/db/testing';
import { asRoot, compileCache } from '@rcm/test-services';
import type { Person } from './person.fixture.ts';

const AUDIT = join(import.meta.dirname, '..', '..', 'audit', 'src', 'main.ts');

export interface AuditHeads {
  /** What a person's environment has to check the chain against them. */
  readonly environment: Readonly<Record<string, string>>;
  /** Signs a head of the chain as it is now. */
  write(): Promise<void>;
}

/** A key pair in this person's folder, and the file that heads signed with it come to. */
export function makeAuditHeads({ folder, environment, testEnvironment }: Person): AuditHeads {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const file = (name: string, text: string) => {
    writeFileSync(join(folder, name), text, { mode: 0o600 });
    return join(folder, name);
  };
  const heads = join(folder, 'heads.ndjson');
  const writer = {
    RCM_DATABASE_URL: urlFor('rcm_head_writer', testEnvironment.databaseUrl),
    RCM_AUDIT_SIGNING_KEY_FILE: file('signing.pem', String(privateKey.export({ type: 'pkcs8', format: 'pem' }))),
  };
  return {
    environment: { RCM_AUDIT_HEADS_FILE: heads, RCM_AUDIT_PUBLIC_KEYS: file('public.pem', String(publicKey.export({ type: 'spki', format: 'pem' }))) },
    async write() {
      const { PATH, HOME } = process.env;
      const env = { PATH, HOME, ...asRoot(), ...compileCache(), RCM_PLAINTEXT: environment.RCM_PLAINTEXT, RCM_AUDIT_HEADS_FILE: heads, ...writer };
      await promisify(execFile)(process.execPath, ['--disable-sigusr1', AUDIT, 'heads', 'write'], { env });
    },
  };
}
