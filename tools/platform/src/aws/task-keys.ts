import { readFile } from 'node:fs/promises';
import { RcmError } from '@rcm/telemetry';
import { z } from 'zod';
import type { AwsKeys } from './running.ts';

const keysSchema = z.object({ AccessKeyId: z.string(), SecretAccessKey: z.string(), Token: z.string() });
const DEADLINE_MS = 10_000;

/** The keys of a task's role, from the address that its process would ask. Fails with `store_unavailable`. */
export async function readTaskKeys({ url, tokenFile }: { readonly url: string; readonly tokenFile: string }): Promise<AwsKeys> {
  try {
    const answer = await fetch(url, { headers: { authorization: await readFile(tokenFile, 'utf8') }, signal: AbortSignal.timeout(DEADLINE_MS) });
    const { AccessKeyId, SecretAccessKey, Token } = keysSchema.parse(await answer.json());
    return { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey, sessionToken: Token };
  } catch (cause) {
    throw new RcmError('store_unavailable', 'local-aws gave no keys for a task.', { cause });
  }
}
